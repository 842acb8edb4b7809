/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Notes: what a step has refused, tolerated or reached, each an id with its arguments and, where something failed, the
 * cause.  Never a secret.  The owner of the exchange decides by the id whom a note concerns; the table below is the
 * only place that has the words, and ike_note_format() makes them.
 */
#ifndef IKE_NOTE_H
#define IKE_NOTE_H

#include "ike/cause.h"

/* The words of a note with a cause are followed by ": " and the cause; where they are empty, the cause says it all. */
#define IKE_NOTES(X)                                                                                                   \
	/* phase 1 of the member */                                                                                    \
	X(NOTE_PHASE1_BEGINS, "phase 1 begins: %s mode, DOI %u, situation %u, %zu proposals")                          \
	X(NOTE_PROPOSAL_OFFERED, "offered as %zu: encryption %s, hash %s, %s, pre-shared key, lifetime %u s")          \
	X(NOTE_PROPOSAL_CHOSEN,                                                                                        \
	  "phase 1 stands, the server chose: encryption %s, hash %s, %s, pre-shared key, lifetime %u s")               \
	X(NOTE_LOCAL_IDENTITY, "this member's identity is %s")                                                         \
	X(NOTE_REMOTE_IDENTITY, "the server is to prove itself as %s")                                                 \
	X(NOTE_DOI_GDOI_UNSUPPORTED,                                                                                   \
	  "the server does not support DOI 2 (GDOI) in phase 1, %s: one try with DOI 1 (IPsec)")                       \
	X(NOTE_DOI_IPSEC_UNSUPPORTED,                                                                                  \
	  "the server does not support DOI 1 (IPsec) in phase 1 any more, %s: one try with DOI 2 (GDOI)")              \
	X(NOTE_PHASE1_ANEW, "phase 1 is begun anew")                                                                   \
	X(NOTE_PHASE1_NOT_ANEW, "phase 1 could not be begun anew")                                                     \
	X(NOTE_PHASE1_MESSAGE_AGAIN, "")                                                                               \
	X(NOTE_PHASE1_ANSWER_PUT_ASIDE, "")                                                                            \
	X(NOTE_PHASE1_OTHER_ANSWER,                                                                                    \
	  "another answer to message %u of phase 1 came: somebody on the path may answer in the server's name; each "  \
	  "is followed until one proves itself")                                                                       \
	X(NOTE_STRANGER_OTHERS_FOLLOWED, "an answer is refused, others are still followed")                            \
	X(NOTE_STRANGER_OTHERS_AWAITED, "an answer is refused, others are still awaited")                              \
	X(NOTE_SERVER_REFUSED, "the server is refused")                                                                \
	X(NOTE_VENDOR_IDS, "the server's vendor IDs: %s")                                                              \
	X(NOTE_PHASE1_STANDS, "phase 1 stands with DOI %u; group %u is asked for as %s")                               \
	/* phase 1 of either half */                                                                                   \
	X(NOTE_PHASE1_MESSAGE_IGNORED, "a message of phase 1 is ignored")                                              \
	X(NOTE_PHASE1_MESSAGE_REFUSED, "a message of phase 1 is refused")                                              \
	X(NOTE_DATAGRAM_IGNORED, "a datagram is ignored")                                                              \
	X(NOTE_INFORMATIONAL_IGNORED, "an informational message is ignored")                                           \
	/* the member's pull */                                                                                        \
	X(NOTE_EXCHANGE_OUT_OF_PLACE, "a message of exchange type %u is late or out of place")                         \
	X(NOTE_CLEAR_NOTIFY_IGNORED, "a notify in the clear is ignored")                                               \
	X(NOTE_CLEAR_NOTIFY, "the server (or somebody else) says in the clear: notify %u %s")                          \
	X(NOTE_NOTIFY, "the server notifies %u %s")                                                                    \
	X(NOTE_PULL_MESSAGE_AGAIN, "a message of the pull came again")                                                 \
	X(NOTE_PULL_MESSAGE_IGNORED, "a message of the pull is ignored")                                               \
	X(NOTE_POLICY_REFUSED, "the server's policy is refused")                                                       \
	X(NOTE_SA_SITUATION, "the SA payload has situation %u instead of 0")                                           \
	X(NOTE_GAP_UNKNOWN, "GAP attributes that are not known here are passed over: %s%s")                            \
	X(NOTE_KEK_MANAGEMENT, "KEK_MANAGEMENT_ALGORITHM %u%s in a pull is ignored (RFC 6407 5.3)")                    \
	X(NOTE_PRESERVATION_0, "Address Preservation 0 is reserved, taken for absent")                                 \
	X(NOTE_DIRECTION_0, "SA Direction 0 is reserved, taken for absent")                                            \
	X(NOTE_PORTS_WITHOUT_PROTOCOL, "TEK with SPI %08x has ports %u and %u without a protocol")                     \
	X(NOTE_TEK_REFUSED, "TEK with SPI %08x refused")                                                               \
	X(NOTE_TEK_WITHOUT_SPI_REFUSED, "TEK without an SPI refused")                                                  \
	X(NOTE_PACKET_ATTRIBUTE, "attribute %u of a %s key packet (%zu octets) is not known here")                     \
	X(NOTE_SIDS_TOO_MANY, "the server gives more than %d sender ids: the others are left out")                     \
	X(NOTE_SENDER_IDS, "the server gives %zu sender ids of %u bits, the first is %u")                              \
	X(NOTE_SENDER_ID_MISSING,                                                                                      \
	  "the server gives a key for a counter mode and no sender id (RFC 6407 5.6.4.4): this member only receives")  \
	X(NOTE_PACKET_OF_OTHER_SPI, "a key packet with an SPI that is not ESP's is left out")                          \
	X(NOTE_PACKET_AGAIN, "the key packet of the TEK with SPI %08x comes again")                                    \
	X(NOTE_PACKET_TYPE, "a key packet of unknown type %u is left out")                                             \
	X(NOTE_KEK_WITHOUT_POLICY, "a KEK key packet without its SA KEK payload is left out")                          \
	X(NOTE_KEK_WITHOUT_KEY,                                                                                        \
	  "an SA KEK payload came without its key: no push can be read, registration must be renewed instead")         \
	X(NOTE_KEK_WITHOUT_SIGNATURE_KEY,                                                                              \
	  "the KEK's key packet has no usable signature key, pushes cannot be verified: the KEK is left out")          \
	X(NOTE_KEK_WITHOUT_SEQ, "the server sent a KEK without a SEQ payload: its count starts from 0")                \
	X(NOTE_KEK, "the server gives a KEK: %s, lifetime %u s (0: until it is replaced)")                             \
	X(NOTE_TEK, "the server gives TEK %08x: encryption %s, integrity %s, lifetime %u s, %u kilobytes (0: any)")    \
	X(NOTE_TEKS_MORE, "the server gives %zu more TEKs")                                                            \
	/* pushes */                                                                                                   \
	X(NOTE_PUSH_REFUSED, "push refused")                                                                           \
	X(NOTE_PUSH_AGAIN, "push %u came again")                                                                       \
	X(NOTE_PUSH_AGAIN_ACKNOWLEDGED, "push %u came again and is acknowledged again")                                \
	X(NOTE_ACK_NOT_RESENT, "its acknowledgement could not be sent again: out of memory")                           \
	X(NOTE_ACK_TYPE,                                                                                               \
	  "push %u is not acknowledged: the server asks for type %u, only 1 and 3 (RFC 8263 2.1, 2.3) are supported")  \
	X(NOTE_DELETE_OTHER_KEK, "a delete of another KEK than the one that protects the push is ignored")             \
	X(NOTE_DELETE_PROTOCOL, "a delete for protocol %u is ignored, nothing of it is held")                          \
	/* the server's half */                                                                                        \
	X(NOTE_SAS_TOO_MANY, "a phase 1 is not answered: there are %d ISAKMP SAs")                                     \
	X(NOTE_PHASE1_REFUSED, "a phase 1 is refused")                                                                 \
	X(NOTE_PEER_UNKNOWN, "a phase 1 from an address that is not configured is ignored")                            \
	X(NOTE_PEER_EXCHANGE, "exchange type %u is not allowed for this peer")                                         \
	X(NOTE_PEER_COOKIES, "a datagram is ignored: its cookies are those of no ISAKMP SA of this peer")              \
	X(NOTE_PULL_FIRST_IGNORED, "the first message of a pull is ignored")                                           \
	X(NOTE_PULL_THIRD_IGNORED, "the third message of a pull is ignored")                                           \
	X(NOTE_PULL_NO_GROUP, "a pull for group %u is refused: no such group for this member")                         \
	X(NOTE_PULL_SILENCE, "a pull for group %u is not answered")                                                    \
	X(NOTE_POLICY_UNSENT, "the policy of group %u cannot be sent: %s")                                             \
	X(NOTE_PULL_NO_SENDER_IDS, "the keys of group %u are not given: there is no sender id for the member")         \
	X(NOTE_KEYS_UNSENT, "the keys of group %u cannot be sent: %s")

enum ike_note_id {
	NOTE_NONE,
#define X(id, words) id,
	IKE_NOTES(X)
#undef X
};

enum ike_note_level { IKE_NOTE_DEBUG, IKE_NOTE_INFO, IKE_NOTE_WARNING };

struct ike_note {
	enum ike_note_id id;
	enum ike_note_level level;
	struct fact args;
	struct ike_cause cause; /* CAUSE_NONE: nothing failed */
};

#define IKE_NOTE_TEXT_MAX 360
/* One line.  Gives RET. */
const char *ike_note_format(const struct ike_note *note, char ret[static IKE_NOTE_TEXT_MAX]);

#endif
