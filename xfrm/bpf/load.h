/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The programs, built into gvpnd, and the folder of a BPF file system in which they and their maps are pinned:
 *
 *   FOLDER/VERSION/NAME	programs and maps of one build; VERSION is a hash of the build
 *
 * Loading takes CAP_BPF and CAP_PERFMON, and is a step of its own (gvpnd --load): the verifier takes the programs, and
 * all maps are made.  What uses them afterwards needs CAP_NET_ADMIN alone, and
 * under a service manager that keeps descriptors not even bpf(2).
 */
#ifndef XFRM_BPF_LOAD_H
#define XFRM_BPF_LOAD_H

#include "lib/gvpn.h"
#include "xfrm/bpf/shapes.h" /* before the skeleton, which has them */

#include <sys/types.h>

#define DATAPATH_VERSION_MAX 17
#define DATAPATH_PATH_MAX 256

/* A hash of this build's programs, and what its folder is called. */
uint64_t datapath_build(void);
void datapath_version(char ret[static DATAPATH_VERSION_MAX]);

/*
 * Pins this build in FOLDER, for the user UID and the group GID.  It is there already, whole: nothing is loaded.  Maps
 * of packets and counters are taken over from another build when they have the same form, so that no packet is lost
 * between the two.  ERR says what is wrong in a sentence: a kernel without BPF, one that is locked down, a folder of
 * another file system, missing privileges.
 */
GVPN_MUST_CHECK int datapath_load(const char *folder, uid_t uid, gid_t gid, char err[static 256]);

/* What this and other builds have in FOLDER goes; the folder stays, empty. */
GVPN_MUST_CHECK int datapath_unpin(const char *folder, char err[static 256]);

/* What other builds have there, once none of their programs is attached any more. */
void datapath_unpin_others(const char *folder);

#endif
