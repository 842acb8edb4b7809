/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sender ids of all VPNs of this member, and what was used of them (RFC 6407 3.5, RFC 6054 3 and 5).
 *
 * What must never happen: two packets under one key with the same IV.  An SA is known here by its key and by the first
 * 32 bits of its IVs, the prefix (lib/sender.h).  So no prefix is taken twice under one key, by any SA of any VPN, in
 * any run of the daemon: sender_store_take() has written the prefix to the disk before it says yes, and only then may
 * the SA send.  What a crash leaves is a prefix that is written and not used, which costs nothing.
 *
 * Beyond that, RFC 6054 3: an id is used for one key by one SA at a time; all ids of one key have the same width.  RFC
 * 6407 5.6.4.3: an id whose sequence was used up under a key is not used with that key again.
 *
 * Keys are known by fingerprints, so that the file holds no key.  Entries are kept as long as there is room; then those
 * give way whose key has ended.  If none has, nothing more is taken, and SAs only receive.
 *
 * Pure: the owner writes the file and tells the time.  Times are seconds of the wall clock here, since they outlive the
 * boot.  The clock decides nothing but which entry may give way when there is no room.
 */
#ifndef MEMBER_GROUP_SENDER_STORE_H
#define MEMBER_GROUP_SENDER_STORE_H

#include "lib/gvpn.h"
#include "lib/sender.h"

#define SENDER_KEY_LEN 16
struct sender_key { /* the fingerprint of a key */
	uint8_t octets[SENDER_KEY_LEN];
};
/* -EINVAL when the key is not there; errors of the crypto library. */
GVPN_MUST_CHECK int sender_key_of(struct sender_key *ret, const struct tek *tek);

struct sender_owner { /* a VPN */
	char name[GVPN_NAME_MAX];
	uint32_t group, local;
};

struct sender_sa { /* an SA that sends, as the kernel names it */
	uint32_t local, spi;
};

struct sender_ids { /* of the last registration */
	uint8_t bits;
	uint32_t ids[SENDER_IDS_MAX];
	size_t n; /* 0: none */
};

struct sender_use { /* a prefix that was taken under a key */
	struct sender_key key;
	uint8_t bits;
	uint32_t prefix;
	uint32_t tries;
	uint64_t ends;       /* of the key; s */
	bool spent;          /* its sequence was used up */
	bool held;           /* SA sends with it, or is about to */
	struct sender_sa sa; /* of one that is held */
};

/* Why an SA may, or may not, send. */
enum sender_verdict {
	SENDER_YES,
	SENDER_NO_ID,       /* the server has given none */
	SENDER_TOO_WIDE,    /* the id has more bits than can be searched for */
	SENDER_WIDTH,       /* the key was used with ids of another width */
	SENDER_SPENT,       /* the sequence of every id was used up under this key */
	SENDER_BUSY,        /* another SA sends with every id under this key */
	SENDER_USED,        /* the prefix was taken before: the next try is due */
	SENDER_NOT_OURS,    /* the prefix does not begin with the id that was chosen */
	SENDER_FULL,        /* there is no room, and no key has ended */
	SENDER_NOT_WRITTEN, /* the file could not be written */
	SENDER_DISTRUSTED,  /* what was used before is not known */
	SENDER_STOPPED,     /* the search came to nothing: the owner's verdict, none of the store's */
	SENDER_VERDICTS,
};

struct sender_store;

struct sender_store_env {
	/*
	 * Puts the store onto the disk, so that sender_store_read() gives it after a crash of the host.  Negative
	 * errno: the disk may have the old state or the new one.  NULL: there is no disk (tests).
	 */
	int (*write)(void *ctx, const struct sender_store *s);
	/* Whether some VPN has the key now: what was used of it is not forgotten, whatever the clock says.  NULL: none.
	 */
	bool (*key_lives)(void *ctx, const struct sender_key *key);
	void *ctx;
	size_t max_uses; /* 0: SENDER_USES_MAX */
};

GVPN_MUST_CHECK int sender_store_new(struct sender_store **ret, const struct sender_store_env *env);
void sender_store_free(struct sender_store *s); /* NULL is fine */
static inline void sender_store_freep(struct sender_store **s)
{
	sender_store_free(*s);
}

/* The ids of a registration, in place of those before; N 0: none.  0, or the error of write(): they are held anyway. */
GVPN_MUST_CHECK int sender_store_set_ids(struct sender_store *s, const struct sender_owner *owner,
					 const struct sender_ids *ids);
const struct sender_ids *sender_store_ids(const struct sender_store *s, const struct sender_owner *owner); /* or NULL */

/*
 * What SA, which has KEY, may send with: the prefix that it holds, or else the id that is to be searched for.  KEY
 * NULL: the kernel alone has the key, so that only what SA holds counts.  Nothing changes.
 */
enum sender_verdict sender_store_choose(const struct sender_store *s, const struct sender_owner *owner,
					const struct sender_key *key, const struct sender_sa *sa, struct sender *ret);
/*
 * An SA with PREFIX was found for WANTED, which sender_store_choose() gave.  SENDER_YES: the prefix is SA's and is on
 * the disk, SA may send, and what SA held before is given up.  SENDER_USED: another one must be found.  ENDS: of the
 * key, by the wall clock.
 */
enum sender_verdict sender_store_take(struct sender_store *s, const struct sender_owner *owner,
				      const struct sender_key *key, const struct sender_sa *sa,
				      const struct sender *wanted, uint32_t prefix, uint32_t tries, uint64_t ends,
				      uint64_t now);
/* The sequence of SA is used up.  False: SA holds nothing.  The error of write() is in *RET. */
bool sender_store_spend(struct sender_store *s, const struct sender_sa *sa, int *ret);
/*
 * SA is gone, or is not what was taken: what it held stays used.  Another SA of its SPI is tried only after this.
 * False: SA holds nothing.  The error of write() is in *RET.
 */
bool sender_store_release(struct sender_store *s, const struct sender_sa *sa, int *ret);
/* Releases what is held by an SA that IS_LIVE does not know.  The error of write(). */
GVPN_MUST_CHECK int sender_store_sweep(struct sender_store *s, bool (*is_live)(void *ctx, const struct sender_sa *sa),
				       void *ctx);
/* From here on nothing is taken: the file of an earlier run cannot be believed. */
void sender_store_distrust(struct sender_store *s);

/* The store as text, which the caller frees; NULL: no memory.  Never a key. */
char *sender_store_text(const struct sender_store *s);
/* Takes TEXT into a store that is empty.  -EINVAL: it is not what sender_store_text() gives; -ENOMEM.  S stays empty
 * then. */
GVPN_MUST_CHECK int sender_store_read(struct sender_store *s, const char *text);

size_t sender_store_uses(const struct sender_store *s);
const struct sender_use *sender_store_use(const struct sender_store *s, size_t i);

#endif
