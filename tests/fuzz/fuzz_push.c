/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike/push_state.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

int fuzz_push(const uint8_t *data, size_t len)
{
	static struct ike_out out;
	static struct push p;
	struct ike_diag diag = { .out = &out };
	struct payloads payloads;
	struct kek kek = { 0 };

	memset(&p, 0, sizeof(p));
	if (payloads_read(&payloads, PAYLOAD_SEQ, reader_of(data, len), 15, &diag) == 0 &&
	    push_check_form(&payloads, &diag) == 0 && push_read(&p, &kek, NULL, &payloads, &diag) == 0 &&
	    ((!p.has_policy && !p.delete_kek && !p.delete_all_teks && p.n_delete_spis == 0 &&
	      payloads_find(&payloads, PAYLOAD_DELETE) == NULL) ||
	     p.n_delete_spis > PUSH_DELETES_MAX || p.download.n_teks > DOWNLOAD_TEKS_MAX))
		abort();
	ike_out_clear(&out);
	return 0;
}
