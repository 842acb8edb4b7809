/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The MX form of a member's configuration: a service-set names the VPN, an interface carries the service-set, and
 * service-filters say which packets it governs.  Of the hierarchies interfaces, services and firewall only this is
 * read.
 *
 * The interface that carries a service-set is the VPN's external one: "IF unit 0" is the Linux interface IF, "IF unit
 * N" is IF.N.
 */
#ifndef MEMBER_CONFIG_SERVICE_H
#define MEMBER_CONFIG_SERVICE_H

#include "member/config/reading.h"

/*
 * Fills the services, when VPNs, zones and ipsec-policies are read; sets external and used of the VPNs that they name.
 * -EINVAL, -ENOMEM.
 */
GVPN_MUST_CHECK int config_services_read(struct config_reading *r);

/*
 * The terms of service-filter FILTER into RET; their number, or -EINVAL.  A term that names several addresses,
 * protocols or ports becomes one entry for each combination of them.
 */
GVPN_MUST_CHECK int config_filter_read(struct config_term ret[static CONFIG_TERMS_MAX], struct statements *s,
				       const struct statement *filter);

#endif
