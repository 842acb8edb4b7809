/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an operator can do about a registration that fails, from how far it came and what came last. */
#ifndef MEMBER_GROUP_REMEDY_H
#define MEMBER_GROUP_REMEDY_H

#include "ike/pull.h"
#include "member/log/record_id.h"

/* A clause without arguments.  MODE is the gateway's: in aggressive mode one message answers all of phase 1. */
enum record_id group_remedy(const struct pull_finding *finding, enum ike_mode mode);

#endif
