/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was loaded goes to the daemon by the service manager, so that the daemon needs no bpf(2). */
#ifndef XFRM_BPF_HANDOVER_H
#define XFRM_BPF_HANDOVER_H

#include "lib/gvpn.h"

/*
 * A service manager that keeps descriptors for the daemon (FileDescriptorStoreMax=, NotifyAccess=exec) gets those of
 * the maps and programs that are pinned in FOLDER, a descriptor, in place of what an earlier start handed over. Without
 * a service manager nothing is done.
 */
GVPN_MUST_CHECK int handover(int folder, char err[static 256]);

#endif
