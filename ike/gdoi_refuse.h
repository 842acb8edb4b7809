/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Parts of a download that are left out while the rest stands: recorded in it and noted, both with the reason.
 */
#ifndef IKE_GDOI_REFUSE_H
#define IKE_GDOI_REFUSE_H

#include "ike/diag.h"
#include "ike/download.h"

/* SPI 0: it could not be read.  SEL: the policy that is left without its key; NULL: there is none that can be said. */
void gdoi_refuse(struct download *d, enum refusal_reason reason, uint32_t spi, const struct selector *sel,
		 const struct ike_cause *cause, struct ike_diag *diag);
/* Was the policy of this SPI refused (or one whose SPI is not known)?  Its key packet needs no second complaint. */
bool gdoi_refused(const struct download *d, uint32_t spi);

#endif
