/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every limit that somebody on the path, a key server or a configuration can reach, on one page.  Anything beyond a
 * limit is refused, dropped or counted, as the line says.  tests/unit/lib/test_limits.c names the test that reaches
 * each limit.
 */
#ifndef LIB_LIMITS_H
#define LIB_LIMITS_H

/* --- what anybody on the path can send --- */

#define IKE_DATAGRAM_MAX 65507    /* octets of a datagram (UDP over IPv4): more is an error of the writer */
#define PAYLOADS_MAX 32           /* of one message: more is refused */
#define PHASE1_SA_MAX 4096        /* octets of an SA payload that a responder takes: more is refused */
#define PHASE1_TRANSFORMS_MAX 128 /* of one proposal: more is refused */
#define PHASE1_NONCE_MIN 8        /* octets (RFC 2409 5): others are refused */
#define PHASE1_NONCE_MAX 256
#define IKE_ID_MAX 255           /* octets of an identity: more is refused */
#define VENDOR_IDS_MAX 8         /* vendor IDs of a peer that are kept: the others mean as little */
#define VENDOR_ID_KEPT 20        /* octets of each */
#define PHASE1_FOLLOWED 4        /* answers that are followed at first sight, and as many that came again */
#define PHASE1_DH_EACH 4         /* derivations a second for those, and as many for these */
#define PHASE1_DH_TOTAL 256      /* derivations of one phase 1: then no answer is taken */
#define PULL_OPENINGS_MAX 5      /* phases 1 that one pull begins */
#define RESPONDER_SAS_MAX 1024   /* ISAKMP SAs of all members of a server: a new phase 1 is not answered */
#define RESPONDER_SAS_PER_PEER 8 /* of one address: the oldest makes room */
#define RESPONDER_PULLS_MAX 16   /* under one ISAKMP SA: the oldest makes room */
#define IKE_OUT_DATAGRAMS 24     /* of one step: more are as if they were lost */
#define IKE_OUT_NOTES 16         /* of one step: more are counted, and details give way */

/* --- what a key server can send --- */

#define PULL_NONCE_MIN 8 /* octets (RFC 6407 5.8): others end the pull */
#define PULL_NONCE_MAX 128
#define DOWNLOAD_TEKS_MAX 128       /* one for each policy of an SA, 64 policies with two SAs: more are refused */
#define DOWNLOAD_REFUSALS_MAX 64    /* that are told one by one: more are counted */
#define ESP_SPI_MIN 256             /* RFC 4303 2.1: 1 to 255 are reserved, 0 is never on the wire; refused */
#define GAP_UNKNOWN_MAX 4           /* unknown GAP attributes that are told: more are counted */
#define GAP_UNKNOWN_KEPT 16         /* octets of the value of each */
#define KEK_PUBKEY_MAX 1024         /* octets of a signature key: more end the pull */
#define SIGNATURE_RSA_BITS_MIN 2048 /* others are refused, and no push is taken */
#define SIGNATURE_RSA_BITS_MAX 4096
#define SIGNATURE_CHECKED_MAX 4 /* keys that need no second check */
#define SID_BITS_MAX 32         /* of a sender id: more end the pull */
#define SENDER_IDS_MAX 16       /* of one download: more are left out */
#define PUSH_DELETES_MAX 1024   /* SPIs that a push deletes one by one, more than there can be: refused */
#define PUSH_ACCEPTED_KEPT 4    /* pushes whose copies are acknowledged again */
#define KEYRING_KEYS_MAX 64     /* of one policy, those of a rollover included */
#define KEYRING_REFUSALS_MAX 16 /* refusals of a download that are told: more are counted */

/* --- what this member keeps of its own sending --- */

#define SENDER_USES_MAX 4096          /* prefixes under keys: then those of ended keys give way, or nothing is taken */
#define SENDER_FILE_MAX (1024 * 1024) /* octets of the file that has them: a larger one is not believed */

/* --- what a configuration can say: more is refused, with the place --- */

#define JUNOS_SIZE_MAX (1024 * 1024) /* octets of text */
#define JUNOS_DEPTH_MAX 32           /* braces within braces */
#define JUNOS_WORDS_MAX 100000       /* in the text */
#define JUNOS_STATEMENT_MAX 256      /* words in one statement */
#define GVPN_NAME_MAX 64             /* a name (VPN, gateway, rule, zone), with its terminating zero */
#define GVPN_IFNAME_MAX 16           /* IFNAMSIZ */
#define SECRET_MAX 256               /* octets of a key */
#define IKE_PROPOSALS_MAX 16         /* of one gateway */
#define CONFIG_IKE_NAMES_MAX 64      /* ike proposals, and ike policies */
#define CONFIG_GATEWAYS_MAX 64
#define CONFIG_SERVERS_MAX 4 /* of a gateway (row A3) */
#define CONFIG_VPNS_MAX 64
#define CONFIG_RULES_CONFIGURED_MAX 10 /* exclude rules, and fail-open rules, of a VPN (row D1) */
#define KEYRING_POLICIES_MAX 64        /* the most that max-keys and max-policies can say */
#define CONFIG_ZONES_MAX 64
#define CONFIG_INTERFACES_MAX 32 /* of a zone */
#define CONFIG_SERVICES_MAX 64   /* service-sets, and service-filters */
#define CONFIG_TERMS_MAX 32      /* terms of a service-filter, and the entries that they become */

#endif
