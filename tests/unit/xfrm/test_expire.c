/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SAs whose lifetime in kilobytes is used: which of the kernel's messages say so, and which it is told to leave out. */
#include "xfrm/link/expire.h"
#include "xfrm/plan/ids.h"

#include <arpa/inet.h>
#include <check.h>
#include <linux/xfrm.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define LOCAL 0x0a126501u
#define REQID (KERNEL_REQID_MIN + 5)
#define LIMIT (5000 * 1024u)

static struct message m;

static struct xfrm_user_expire *make(bool out, bool hard, uint64_t bytes)
{
	struct xfrm_user_expire *e;

	message_start(&m, XFRM_MSG_EXPIRE, 0);
	e = message_extra(&m, sizeof(*e));
	e->state.family = AF_INET;
	e->state.id.proto = IPPROTO_ESP;
	e->state.id.spi = htonl(0x1c548e4e);
	e->state.reqid = REQID;
	e->state.saddr.a4 = out ? htonl(LOCAL) : 0;
	e->state.id.daddr.a4 = out ? htonl(KERNEL_DUMMY) : htonl(LOCAL);
	e->state.lft.hard_byte_limit = LIMIT;
	e->state.lft.soft_byte_limit = LIMIT / 5 * 4;
	e->state.lft.soft_packet_limit = e->state.lft.hard_packet_limit = XFRM_INF;
	e->state.curlft.bytes = bytes;
	e->hard = hard;
	return e;
}

static bool passes(void)
{
	uint8_t back[MESSAGE_MAX];
	int fd[2];
	bool passed;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM, 0, fd), 0);
	ck_assert_int_eq(expire_filter(fd[1], 0), 0);
	passed = send(fd[0], m.octets, m.hdr.nlmsg_len, MSG_DONTWAIT) == (ssize_t)m.hdr.nlmsg_len;
	passed = passed && recv(fd[1], back, sizeof(back), MSG_DONTWAIT) == (ssize_t)m.hdr.nlmsg_len;
	close(fd[0]);
	close(fd[1]);
	return passed;
}

START_TEST(both_directions)
{
	struct expiry w;

	for (int out = 0; out < 2; out++)
		for (int hard = 0; hard < 2; hard++) {
			make(out, hard, hard ? LIMIT : LIMIT / 5 * 4);
			ck_assert(expire_parse(&m.hdr, &w));
			ck_assert_uint_eq(w.local, LOCAL);
			ck_assert_uint_eq(w.spi, 0x1c548e4e);
			ck_assert_int_eq(w.hard, hard);
			ck_assert(!w.sequence);
			ck_assert(passes());
		}
}
END_TEST

/* In counter mode the sequence numbers end, also where no kilobytes are counted. */
START_TEST(sequence_numbers)
{
	struct xfrm_user_expire *e = make(true, false, 0);
	struct expiry w;

	e->state.lft.hard_byte_limit = e->state.lft.soft_byte_limit = XFRM_INF;
	ck_assert(!expire_parse(&m.hdr, &w) && !passes());
	e->state.lft.soft_packet_limit = UINT32_MAX / 5 * 4;
	e->state.curlft.packets = UINT32_MAX / 5 * 4;
	ck_assert(expire_parse(&m.hdr, &w) && passes());
	ck_assert_uint_eq(w.local, LOCAL);
	ck_assert(w.sequence && !w.hard);
	e->state.curlft.packets--; /* it ends by time */
	ck_assert(!expire_parse(&m.hdr, &w));
	e->state.curlft.packets++;
	e->hard = true;
	ck_assert(!expire_parse(&m.hdr, &w));
	e->state.lft.hard_packet_limit = UINT32_MAX;
	ck_assert(!expire_parse(&m.hdr, &w));
	e->state.curlft.packets = UINT32_MAX;
	ck_assert(expire_parse(&m.hdr, &w) && passes());
	ck_assert(w.sequence && w.hard);
	e->state.lft.hard_byte_limit = LIMIT; /* the kilobytes end the key, so they are told first */
	e->state.lft.soft_byte_limit = LIMIT / 5 * 4;
	e->state.curlft.bytes = LIMIT;
	ck_assert(expire_parse(&m.hdr, &w) && w.hard && !w.sequence);
}
END_TEST

/* A candidate of a search ends with its second packet: nothing of the key is used up. */
START_TEST(candidates)
{
	struct xfrm_user_expire *e = make(true, true, 100);
	struct expiry w;

	e->state.lft.hard_packet_limit = e->state.curlft.packets = 1;
	ck_assert(!expire_parse(&m.hdr, &w));
	e->state.lft.hard_byte_limit = e->state.lft.soft_byte_limit = XFRM_INF;
	ck_assert(!expire_parse(&m.hdr, &w) && !passes());
}
END_TEST

/* Ends by time are the daemon's own doing, and others' SAs are theirs. */
START_TEST(what_is_left_out)
{
	struct expiry w;

	make(false, true, LIMIT - 1);
	ck_assert(!expire_parse(&m.hdr, &w));
	make(false, false, LIMIT / 5 * 4 - 1);
	ck_assert(!expire_parse(&m.hdr, &w));
	make(false, true, UINT64_MAX - 1)->state.lft.hard_byte_limit = XFRM_INF;
	ck_assert(!expire_parse(&m.hdr, &w) && !passes());
	for (size_t i = 0; i < 3; i++) {
		static const uint32_t reqids[] = { 0, KERNEL_REQID_MIN - 1, KERNEL_REQID_MAX + 1 };

		make(false, true, LIMIT)->state.reqid = reqids[i];
		ck_assert(!expire_parse(&m.hdr, &w) && !passes());
	}
	make(false, true, LIMIT)->state.id.proto = IPPROTO_AH;
	ck_assert(!expire_parse(&m.hdr, &w));
	make(false, true, LIMIT)->state.family = AF_INET6;
	ck_assert(!expire_parse(&m.hdr, &w));
	make(false, true, LIMIT);
	m.hdr.nlmsg_type = XFRM_MSG_NEWSA;
	ck_assert(!expire_parse(&m.hdr, &w) && !passes());
	make(false, true, LIMIT);
	m.hdr.nlmsg_len -= 8;
	ck_assert(!expire_parse(&m.hdr, &w));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("expire");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(t, both_directions);
	tcase_add_test(t, sequence_numbers);
	tcase_add_test(t, candidates);
	tcase_add_test(t, what_is_left_out);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
