/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why a message, an exchange, a policy or a key is refused: an id with its arguments.  The table below is the only
 * place that has the words; ike_cause_format() makes them.
 */
#ifndef IKE_CAUSE_H
#define IKE_CAUSE_H

#include "lib/fact.h"

#define IKE_CAUSES(X)                                                                                                  \
	/* of our own */                                                                                               \
	X(CAUSE_MEMORY, "out of memory")                                                                               \
	X(CAUSE_CRYPTO_LIBRARY, "the crypto library failed")                                                           \
	X(CAUSE_UNUSABLE, "it is not usable")                                                                          \
	/* header and payloads (RFC 2408 3) */                                                                         \
	X(CAUSE_DATAGRAM_SHORT, "datagram of %zu octets is too short for an ISAKMP header")                            \
	X(CAUSE_VERSION, "ISAKMP version 0x%02x instead of 1.0")                                                       \
	X(CAUSE_FLAGS, "ISAKMP flags 0x%02x are not known here")                                                       \
	X(CAUSE_LENGTH, "ISAKMP header gives a length of %u, the datagram has %zu octets")                             \
	X(CAUSE_PAYLOAD_TOO_LONG, "%s payload (%u) does not fit into what holds it")                                   \
	X(CAUSE_PAYLOAD_RESERVED, "%s payload (%u) has %u in its reserved octet")                                      \
	X(CAUSE_PAYLOADS_TOO_MANY, "more than %d payloads in a message")                                               \
	X(CAUSE_PADDING, "%zu octets follow the last payload, at most %zu of padding may")                             \
	X(CAUSE_PAYLOAD_MISSING, "the %s payload is missing")                                                          \
	X(CAUSE_PAYLOAD_TWICE, "more than one %s payload")                                                             \
	X(CAUSE_NOT_WHOLE_BLOCKS, "an encrypted message of %zu octets is not whole blocks")                            \
	X(CAUSE_HASH_NOT_FIRST, "the message does not begin with a HASH payload")                                      \
	X(CAUSE_HASH, "the HASH of the message is wrong")                                                              \
	X(CAUSE_NOTIFY_SHORT, "the notify payload is too short")                                                       \
	X(CAUSE_DELETE_COUNT, "the delete payload does not hold the SPIs that it counts")                              \
	/* identities (RFC 2407 4.6.2) */                                                                              \
	X(CAUSE_ID_LENGTH, "the ID payload holds %zu octets")                                                          \
	X(CAUSE_ID_PORT, "the ID payload has protocol %u and port %u")                                                 \
	X(CAUSE_ID_ADDRESS_LENGTH, "an %s identity of %zu octets")                                                     \
	X(CAUSE_GROUP_ID_TYPE, "the group is named by an identity of type %u with %zu octets")                         \
	X(CAUSE_GROUP_ID_DIGITS, "the group id is neither four octets nor a decimal number")                           \
	X(CAUSE_GROUP_ID_LARGE, "the group id is larger than 4294967295")                                              \
	/* phase 1 (RFC 2409 5) */                                                                                     \
	X(CAUSE_PHASE1_OVER, "phase 1 expects no further message")                                                     \
	X(CAUSE_PHASE1_EXCHANGE, "exchange type %u in phase 1, %d was expected")                                       \
	X(CAUSE_PHASE1_MESSAGE_ID, "message id %08x in phase 1")                                                       \
	X(CAUSE_PHASE1_NOT_FIRST, "not the first message of a phase 1")                                                \
	X(CAUSE_PHASE1_CLEAR, "message %u of phase 1 came in the clear")                                               \
	X(CAUSE_PHASE1_ENCRYPTED, "message %u of phase 1 came encrypted")                                              \
	X(CAUSE_PHASE1_AGAIN, "message %u of phase 1 came again")                                                      \
	X(CAUSE_PHASE1_ANSWERS_TOO_MANY,                                                                               \
	  "there are more answers than one server gives, so somebody on the path forges some; message %u of phase 1 "  \
	  "is put aside until it comes again")                                                                         \
	X(CAUSE_PHASE1_MESSAGE_4_COOKIES, "message 4 of phase 1 has the cookies of another ISAKMP SA")                 \
	X(CAUSE_PHASE1_CLEAR_OR_EMPTY, "message %u of phase 1 came in the clear, or has neither SA nor KE")            \
	X(CAUSE_COOKIES, "cookies of another ISAKMP SA")                                                               \
	X(CAUSE_ITS_COOKIES, "its cookies are those of another ISAKMP SA")                                             \
	X(CAUSE_NO_KEYS, "there are no keys yet")                                                                      \
	X(CAUSE_SHORT_SECRET, "the shared secret begins with a zero octet, which some servers do not count")           \
	X(CAUSE_UNDECRYPTABLE,                                                                                         \
	  "it makes no sense when it is decrypted: the pre-shared keys of both sides probably differ")                 \
	X(CAUSE_DOI_UNKNOWN, "DOI %u is neither IPsec (1) nor GDOI (2)")                                               \
	X(CAUSE_DOI_NOT_CONFIGURED, "DOI %u, only %u is configured for this peer")                                     \
	X(CAUSE_SA_LENGTH, "an SA payload of %zu octets")                                                              \
	X(CAUSE_KE_LENGTH, "the KE payload has %zu octets, %s has %zu")                                                \
	X(CAUSE_PUBLIC_VALUE, "the peer's public value is not a valid one of %s")                                      \
	X(CAUSE_NONCE_PHASE1, "a nonce of %zu octets, 8 to 256 are allowed")                                           \
	X(CAUSE_STRANGER,                                                                                              \
	  "it proved to be another than %s; if it is the right one, the gateway needs: remote-identity %s")            \
	X(CAUSE_KEY_DIFFERS, "%s is wrong (do both sides have the same pre-shared key?)")                              \
	/* its SA payload (RFC 2408 3.4 to 3.6) */                                                                     \
	X(CAUSE_TRANSFORM_SHORT, "a transform is too short")                                                           \
	X(CAUSE_TRANSFORM_NUMBER, "transform %u: attribute %u is not a number of its range")                           \
	X(CAUSE_TRANSFORM_LENGTH, "the attributes of transform %u do not fit into it")                                 \
	X(CAUSE_TRANSFORM_TRAILER, "octets follow the last transform")                                                 \
	X(CAUSE_TRANSFORM_TYPE, "a payload of type %u among the transforms")                                           \
	X(CAUSE_TRANSFORMS_TOO_MANY, "more than %d transforms")                                                        \
	X(CAUSE_TRANSFORMS_COUNT, "a proposal counts %u transforms and has %zu")                                       \
	X(CAUSE_PROPOSAL_PROTOCOL, "proposal %u is not one for ISAKMP")                                                \
	X(CAUSE_PROPOSAL_TYPE, "a payload of type %u among the proposals")                                             \
	X(CAUSE_SA_SHORT, "the SA payload is too short")                                                               \
	X(CAUSE_ANSWER_NUMBER, "the answer numbers its transform %u, where another one was offered")                   \
	X(CAUSE_ANSWER_NOT_OFFERED,                                                                                    \
	  "the answer chose what was not offered: encryption %u/%u, hash %u, group %u, authentication %u")             \
	X(CAUSE_ANSWER_DOI, "the answer has DOI %u, %u was offered")                                                   \
	X(CAUSE_ANSWER_PROPOSALS, "the answer has more than one proposal")                                             \
	X(CAUSE_ANSWER_EMPTY, "the answer has no transform")                                                           \
	X(CAUSE_ANSWER_TRANSFORMS, "the answer has more than one transform")                                           \
	X(CAUSE_NO_PROPOSAL_CHOSEN, "none of the transforms offered is configured for this peer")                      \
	/* GROUPKEY-PULL (RFC 6407 3) */                                                                               \
	X(CAUSE_NONCE_PULL, "a nonce of %zu octets, 8 to 128 are allowed (RFC 6407 5.8)")                              \
	X(CAUSE_PULL_MESSAGE_ID, "message id %08x is not that of this pull")                                           \
	/* the group's policy (RFC 6407 5.2 to 5.5) */                                                                 \
	X(CAUSE_SA_SHORT_OR_NAMES, "the SA payload is too short or names attribute payload %u")                        \
	X(CAUSE_SA_DOI, "the SA payload has DOI %u instead of 2")                                                      \
	X(CAUSE_SA_EMPTY, "the SA payload has neither an SA KEK nor an SA TEK (RFC 6407 5.2.1)")                       \
	X(CAUSE_SA_ATTRIBUTE_TYPE, "a payload of type %u among the SA attributes")                                     \
	X(CAUSE_SA_TRAILER, "%zu octets follow the last SA attribute payload")                                         \
	X(CAUSE_IDS_AMBIGUOUS, "identities of an %s payload can be read with lengths of one and of two octets")        \
	X(CAUSE_IDS_LENGTH, "identities of an %s payload or the attributes behind them do not fit into it")            \
	X(CAUSE_GAP_TWICE, "GAP attribute %u comes twice, with %u and with %s")                                        \
	X(CAUSE_GAP_NUMBER, "GAP attribute %u (%s) is no number of 16 bits")                                           \
	X(CAUSE_GAP_D3P_NUMBER,                                                                                        \
	  "GAP attribute %u (%s) is no number of 32 bits, and stands for one of D3P; if the server means something "   \
	  "else by it, choose another number with %s in the gateway")                                                  \
	X(CAUSE_GAP_LENGTH, "the GAP attributes do not fit into the GAP payload")                                      \
	X(CAUSE_SAK_ATTRIBUTE, "KEK attribute %u (%s) is not known here")                                              \
	X(CAUSE_SAK_TWICE, "KEK attribute %u comes twice, with %u and with %s")                                        \
	X(CAUSE_SAK_NUMBER, "KEK attribute %u (%s) is no number of 32 bits")                                           \
	X(CAUSE_SAK_LENGTH, "the KEK attributes do not fit into the SA KEK payload")                                   \
	X(CAUSE_SAK_SHORT, "the SA KEK payload is too short")                                                          \
	X(CAUSE_SAK_NO_ALGORITHM, "the SA KEK payload names no KEK_ALGORITHM")                                         \
	X(CAUSE_SAK_ALGORITHM, "KEK_ALGORITHM %u (%s) is not supported, only AES is")                                  \
	X(CAUSE_SAK_NO_KEY_LENGTH, "the SA KEK payload has AES without a KEK_KEY_LENGTH")                              \
	X(CAUSE_SAK_KEY_LENGTH, "a KEK of AES with %u bits")                                                           \
	X(CAUSE_SAK_NO_SIG_ALGORITHM, "the SA KEK payload names no SIG_ALGORITHM")                                     \
	X(CAUSE_SAK_SIG_ALGORITHM, "SIG_ALGORITHM %u (%s) is not supported")                                           \
	X(CAUSE_SAK_NO_SIG_HASH, "the SA KEK payload has RSA without a SIG_HASH_ALGORITHM")                            \
	X(CAUSE_SAK_SIG_HASH, "SIG_HASH_ALGORITHM %u (%s) is not supported")                                           \
	X(CAUSE_SAK_MANAGEMENT, "KEK_MANAGEMENT_ALGORITHM %u%s is not supported")                                      \
	X(CAUSE_SAT_EMPTY, "an empty SA TEK payload")                                                                  \
	X(CAUSE_SAT_LENGTH, "the attributes of an SA TEK payload do not fit into it")                                  \
	/* a TEK that is left out, while the rest of its download stands */                                            \
	X(CAUSE_SELECTOR_EMPTY, "%s: it is empty (any source of a multicast group)")                                   \
	X(CAUSE_SELECTOR_TYPE, "%s: identity type %u is not IPv4")                                                     \
	X(CAUSE_SELECTOR_MASK, "%s: mask %08x has holes")                                                              \
	X(CAUSE_SELECTOR_RANGE, "%s: range %08x-%08x is not one prefix")                                               \
	X(CAUSE_SELECTOR_LENGTH, "%s: it has %zu octets")                                                              \
	X(CAUSE_SELECTOR_HOST_0, "%s: host 0.0.0.0 (any source of a multicast group)")                                 \
	X(CAUSE_TEK_PROTOCOL, "TEK protocol %u%s, only ESP is supported")                                              \
	X(CAUSE_TEK_SPI, "SPI %u is reserved (RFC 4303 2.1)")                                                          \
	X(CAUSE_TEKS_TOO_MANY, "more than %d SA TEK payloads")                                                         \
	X(CAUSE_TEK_TRANSFORM, "ESP transform %u (%s)")                                                                \
	X(CAUSE_TEK_KEY_LENGTH, "AES with a key of %u bits")                                                           \
	X(CAUSE_TEK_AUTH, "authentication algorithm %u (%s)")                                                          \
	X(CAUSE_TEK_GCM_AUTH, "%s with authentication algorithm %u")                                                   \
	X(CAUSE_TEK_ATTRIBUTE, "IPsec attribute %u (value %u) is not known here")                                      \
	X(CAUSE_TEK_ATTRIBUTE_NUMBER, "IPsec attribute %u (%s) is no number of 32 bits")                               \
	X(CAUSE_TEK_ATTRIBUTE_TWICE, "IPsec attribute %u twice, with %u and with %u")                                  \
	X(CAUSE_TEK_LIFE_TYPE,                                                                                         \
	  "SA life duration %u after life type %u, which is neither seconds (1) nor kilobytes (2)")                    \
	X(CAUSE_TEK_LIFE_TYPE_ALONE, "SA life type %u without its duration")                                           \
	X(CAUSE_TEK_LIVES, "conflicting SA lives: %u and %u %s")                                                       \
	X(CAUSE_TEK_LIFE_ENDED, "its life has ended")                                                                  \
	X(CAUSE_TEK_PRESERVATION, "Address Preservation %u")                                                           \
	X(CAUSE_TEK_DIRECTION, "SA Direction %u")                                                                      \
	X(CAUSE_TEK_MODE, "encapsulation mode %u")                                                                     \
	X(CAUSE_TEK_OTHER_ALGORITHMS, "another SA TEK payload with this SPI has other algorithms")                     \
	X(CAUSE_TEK_OTHER_LIFETIME, "another SA TEK payload with this SPI has another lifetime")                       \
	X(CAUSE_TEK_KEY_USE, "its key packet has a key of unknown use")                                                \
	X(CAUSE_TEK_KEYS_DIFFER, "two key packets with different keys")                                                \
	X(CAUSE_TEK_KEY, "a key of %zu octets, %s needs %zu")                                                          \
	X(CAUSE_TEK_INTEGRITY_KEY, "an integrity key of %zu octets, %s needs %zu")                                     \
	X(CAUSE_TEK_KEY_ALONE, "a key without a policy")                                                               \
	X(CAUSE_TEK_POLICY_ALONE, "a policy without a key")                                                            \
	/* the group's keys (RFC 6407 5.6, 5.7) */                                                                     \
	X(CAUSE_SEQ_LENGTH, "the SEQ payload is not 8 octets long")                                                    \
	X(CAUSE_KD_COUNT, "the KD payload does not hold the %u key packets that it counts")                            \
	X(CAUSE_PACKET_LENGTH, "a %s key packet (type %u) of %u octets does not fit into the KD payload")              \
	X(CAUSE_PACKET_ATTRIBUTE_TWICE, "attribute %u comes twice in a %s key packet")                                 \
	X(CAUSE_PACKET_ATTRIBUTES, "the attributes of a %s key packet do not fit into it")                             \
	X(CAUSE_TEK_PACKET_SPI, "a TEK key packet whose SPI is not 4 octets long")                                     \
	X(CAUSE_KEK_PACKET_TWICE, "more than one KEK key packet (RFC 6407 5.6.2)")                                     \
	X(CAUSE_KEK_PACKET_SPI, "a KEK key packet with an SPI of %zu octets")                                          \
	X(CAUSE_KEK_LENGTH, "a KEK of %zu octets with its IV, %s needs %zu")                                           \
	X(CAUSE_SIGNATURE_KEY_LENGTH, "a signature key of %zu octets, at most %zu are taken")                          \
	X(CAUSE_SID_SPI, "a SID key packet with an SPI (RFC 6407 5.6.4)")                                              \
	X(CAUSE_SID_ATTRIBUTE, "SID attribute %u has %zu octets")                                                      \
	X(CAUSE_SID_BITS, "sender ids of %u bits, where 1 to %d are possible")                                         \
	X(CAUSE_SID_WIDTHS, "sender ids of %u bits and of %u bits in one message")                                     \
	X(CAUSE_SID_INCOMPLETE, "a SID key packet without a width or without a value (RFC 6407 5.6.4)")                \
	X(CAUSE_SID_VALUE, "a sender id that does not fit into its %u bits")                                           \
	X(CAUSE_SID_PUSHED,                                                                                            \
	  "it gives one sender id to all members, who would then use the same IVs under one key (RFC 6407 5.6.4.4)")   \
	X(CAUSE_LKH, "an LKH key array (RFC 6407 5.6.3) is not supported")                                             \
	/* a KEK that no push can be taken with */                                                                     \
	X(CAUSE_KEK_CIPHER, "the KEK's cipher is %s with a key of %u and an IV of %u octets")                          \
	X(CAUSE_KEY_CURVE, "the server's signature key is not one for %s, which its policy names")                     \
	X(CAUSE_KEY_NOT_RSA, "the server's signature key is not an RSA key, while its policy names RSA")               \
	X(CAUSE_KEY_RSA_BITS, "the server's signature key is RSA of %d bits; give the server one of %d to %d bits")    \
	X(CAUSE_KEY_NUMBERS, "the numbers of the server's signature key are no valid public key")                      \
	X(CAUSE_KEY_BITS, "the server announces a signature key of %u bits and sends one of %u")                       \
	X(CAUSE_KEY_ENCODING,                                                                                          \
	  "the server's signature key (%zu octets) is neither a SubjectPublicKeyInfo nor an RSAPublicKey")             \
	X(CAUSE_KEY_ALGORITHM, "signature algorithm %d with hash %d is not known here")                                \
	X(CAUSE_KEY_SHA1,                                                                                              \
	  "the server signs its pushes with SHA-1, which is not safe; have it use sha-256, or allow SHA-1 for it")     \
	/* GROUPKEY-PUSH (RFC 6407 4) */                                                                               \
	X(CAUSE_PUSH_COOKIES, "its cookies are not those of this KEK")                                                 \
	X(CAUSE_PUSH_EXCHANGE, "its exchange type is %u instead of 33")                                                \
	X(CAUSE_PUSH_CLEAR, "it is not encrypted")                                                                     \
	X(CAUSE_PUSH_MESSAGE_ID, "its message ID is %08x instead of 0")                                                \
	X(CAUSE_PUSH_KEK_GONE, "its KEK was replaced or deleted before")                                               \
	X(CAUSE_PUSH_PAYLOAD, "a %s payload (%u) has no place in a push (RFC 6407 4)")                                 \
	X(CAUSE_PUSH_PAYLOAD_TWICE, "more than one %s payload (%u)")                                                   \
	X(CAUSE_PUSH_UNSIGNED, "it is not signed: the SIG payload is missing")                                         \
	X(CAUSE_PUSH_SEQ_NOT_FIRST, "it does not begin with a SEQ payload")                                            \
	X(CAUSE_PUSH_BEHIND_SIGNATURE, "payloads follow its signature, which does not cover them")                     \
	X(CAUSE_PUSH_EMPTY, "it holds neither policy nor a delete")                                                    \
	X(CAUSE_PUSH_SEQ,                                                                                              \
	  "its sequence number %u is not above %u, which was used already: a replay, or one overtaken on the way")     \
	X(CAUSE_PUSH_SIGNATURE, "its signature is wrong")                                                              \
	X(CAUSE_PUSH_SAME_SPI, "it gives the KEK other keys under the same SPI, where RFC 6407 4 wants a new one")     \
	X(CAUSE_DELETES_TOO_MANY, "it deletes more than %d TEKs one by one")                                           \
	X(CAUSE_DELETE_TEK_SPI, "a delete of TEKs with SPIs of %u octets")                                             \
	X(CAUSE_DELETE_KEK_SPI, "a delete of a KEK with an SPI of %u octets")                                          \
	X(CAUSE_DELETE_DOI, "the delete payload has DOI %u instead of 2")

enum ike_cause_id {
	CAUSE_NONE,
#define X(id, words) id,
	IKE_CAUSES(X)
#undef X
};

struct ike_cause {
	enum ike_cause_id id;
	struct fact args;
};

#define IKE_CAUSE_TEXT_MAX 320
/* One clause; "" of CAUSE_NONE.  Gives RET. */
const char *ike_cause_format(const struct ike_cause *cause, char ret[static IKE_CAUSE_TEXT_MAX]);

#endif
