/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The data that a key server gives to the members of a group (RFC 6407 5), in a pull or in a push: plain data, as it
 * was read or is to be written.
 */
#ifndef IKE_DOWNLOAD_H
#define IKE_DOWNLOAD_H

#include "ike/cause.h"

#include "lib/gvpn.h"

enum kek_ack { /* KEK_ACK_REQUESTED, RFC 8263 2 */
	       KEK_ACK_NONE = 0,
	       KEK_ACK_SHA256 = 1,
	       KEK_ACK_LKH_SHA256 = 2, /* its key comes from an LKH array, which nobody here has; so does type 4's */
	       KEK_ACK_SHA512 = 3,
	       KEK_ACK_LKH_SHA512 = 4,
};
#define KEK_SPI_LEN 16

/* The key that protects rekeys (SA KEK payload and its key packet, RFC 6407 5.3, 5.6.4). */
struct kek {
	uint8_t spi[KEK_SPI_LEN]; /* the two cookies of a push's header */
	enum cipher cipher;       /* CBC only */
	struct secret iv, key;
	enum sig_hash sig_hash;
	enum sig_algorithm sig_algorithm;
	uint32_t sig_key_bits;          /* as the SA KEK payload has it; 0: it does not say */
	uint8_t pubkey[KEK_PUBKEY_MAX]; /* DER: SubjectPublicKeyInfo or bare RSAPublicKey, as received */
	size_t pubkey_len;
	uint32_t life_seconds; /* 0: until replaced */
	uint16_t ack_type;     /* attribute 9 as received, 0 when absent */
	uint16_t port;         /* of the DST ID: pushes come to it */
	uint32_t seq;          /* last sequence number that counts as used */
};

enum refusal_reason {
	REFUSAL_UNSUPPORTED_ALGORITHM = 1, /* counted as Unsupported Algo */
	REFUSAL_UNSUPPORTED_PROTOCOL,      /* a TEK protocol other than ESP */
	REFUSAL_UNSUPPORTED_ATTRIBUTE,     /* an attribute we cannot honour (RFC 6407 5.5.1.1) */
	REFUSAL_UNSUPPORTED_SELECTOR,
	REFUSAL_NO_KEY,   /* policy without key packet or key without policy */
	REFUSAL_CONFLICT, /* SA TEK payloads of one SPI that say different things of the SA */
};

/* A part of a download that was left out while the rest stands. */
struct refusal {
	enum refusal_reason reason;
	uint32_t spi;
	bool has_sel; /* its selector was readable, and is one that a policy can have */
	struct selector sel;
	struct ike_cause cause;
};

enum key_packets { /* how a server writes the keys of an SA with several policies (gdoi-wire.md) */
		   KEY_PACKETS_ONCE = 0,
		   KEY_PACKETS_REVERSED, /* once, but not in the order of the policies */
		   KEY_PACKETS_REPEATED, /* once for each policy */
};

/* A GAP attribute that is not known here: the kept part of its value, and the length of the whole value. */
struct gap_attribute {
	uint16_t type, len;
	uint8_t value[GAP_UNKNOWN_KEPT];
};

/*
 * Anti-replay by time (doc/d3p.md), as a GAP payload asks for it: for all TEKs of its SA payload.  The two attributes
 * never got numbers.  Here are those that count where a configuration says none, of the range for private use (RFC 6407
 * 5.4); 1 to 3 are assigned to others.
 */
#define GAP_D3P_TYPE 128
#define GAP_D3P_WINDOW 129
#define GAP_NUMBER_MIN 4
#define GAP_NUMBER_MAX 32767 /* what a data attribute can carry (RFC 2408 3.3) */
struct gap_numbers {
	uint16_t d3p_type, d3p_window; /* 0: the one above */
};

#define D3P_POSIX_TIME 1 /* the only D3P-TYPE that texts describe */
struct gap_d3p {
	bool has_type, has_window;
	uint32_t type;
	uint32_t window_ms;         /* 0 is no window, and cannot be honoured */
	struct gap_numbers numbers; /* of one that is sent */
};

/* Everything that one pull or one push brings (RFC 6407 3 and 4).  Wipe with download_wipe(). */
struct download {
	struct tek teks[DOWNLOAD_TEKS_MAX];
	size_t n_teks;
	bool has_kek;     /* policy and key are both here */
	bool kek_missing; /* its policy is, its key is not, or cannot be used: of KEK there is the SPI alone */
	struct kek kek;
	bool has_seq;
	uint32_t seq;
	bool has_gap; /* RFC 6407 5.4 */
	bool has_atd, has_dtd;
	uint16_t activation_delay, deactivation_delay; /* seconds */
	struct gap_d3p d3p;
	struct gap_attribute gap_unknown[GAP_UNKNOWN_MAX];
	size_t n_gap_unknown; /* those beyond the array are counted here too */
	/* Sender ids for this member alone (RFC 6407 5.6.4, RFC 6054 3): their width in bits, 0 when there are none. */
	uint16_t sender_id_bits;
	uint32_t sender_ids[SENDER_IDS_MAX];
	size_t n_sender_ids;
	enum key_packets key_packets; /* of one that is sent */
	struct refusal refusals[DOWNLOAD_REFUSALS_MAX];
	size_t n_refusals; /* those beyond the array are counted here too */
};

static inline void download_wipe(struct download *d)
{
	explicit_bzero(d, sizeof(*d));
}

#endif
