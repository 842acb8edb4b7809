/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/log/record_table.h"

#include "lib/gvpn.h"
#include "member/api/bus.h"

/* --- words that several clauses share --- */

#define SILENT                                                                                                         \
	"check that UDP port 848 passes both ways, that server-address is the server's, and that the server expects "  \
	"this member's local-address"
#define PROPOSALS "check mode, dh-group, authentication-algorithm and encryption-algorithm against the server's"
#define DOI "try 'doi ipsec' or 'doi gdoi' in the gateway"
#define KEYS "the pre-shared keys differ: check pre-shared-key on both sides"
#define IDENTITY "check that the server expects this member's local-identity"
#define GROUP                                                                                                          \
	"check the group's number, that the server has this member in the group, and 'group-identity-form' in the "    \
	"gateway"
#define SERVER_LOG "the server's own log says why"
#define REGISTERS_AGAIN "the member registers again before its keys end"

#define TEK_REFUSED "TEK %1 for %2 refused: " /* SPI, selector */
#define OFFER_ANOTHER "; the server must offer another"

#define D3P_NUMBERS                                                                                                    \
	"; change the group at the server, or, if the server means something else by these GAP attributes, choose "    \
	"others with d3p-type-attribute and d3p-window-attribute in the gateway"

#define PUSH_WORDS "push %1 from %2: %3 new and %4 known keys, %5 deleted%6%7%8"
#define ENTERED_WORDS "%1 -> %2: %3" /* old state, new state, reason */
#define ENTERED_NEXT_WORDS ENTERED_WORDS "; next registration in %4 s"

#define CLOCK_WORDS "the clock of this host is not synchronised, as the kernel has it (adjtimex(2)): "
#define ACCEPT_D3P                                                                                                     \
	"its firewall must accept there what is addressed to 247.118.0.0/15 (nft: 'ip daddr 247.118.0.0/15 accept')"
#define ACCEPT_ESP "its firewall must accept protocol esp (50) there, to any address (nft: 'ip protocol esp accept')"
#define MISSING_INTERFACE "interface %1%2 does not exist on this host: "

/* A line for the log; and a clause, which has no event and no level. */
#define LINE(event, level, words)                                                                                      \
	{                                                                                                              \
		EVENT_##event, LOG_LEVEL_##level, words                                                                \
	}
#define CLAUSE(words)                                                                                                  \
	{                                                                                                              \
		EVENT_NONE, LOG_LEVEL_INFO, words                                                                      \
	}

static const struct record_row rows[RECORD_IDS] = {
	[RECORD_NOTHING] = CLAUSE(""),
	[RECORD_PLAIN] = LINE(NONE, INFO, "%1"),

	/* --- a group enters a state --- */
	[RECORD_ENTERED] = LINE(NONE, INFO, ENTERED_WORDS),
	[RECORD_ENTERED_WARNING] = LINE(NONE, WARNING, ENTERED_WORDS),
	[RECORD_ENTERED_REGISTERED] = LINE(REGISTERED, INFO, ENTERED_NEXT_WORDS),
	[RECORD_ENTERED_WAITING] = LINE(SERVERS_FAILED, WARNING, ENTERED_WORDS "; next try in %4 s"),
	[RECORD_ENTERED_STALE] = LINE(NONE, INFO, ENTERED_NEXT_WORDS),
	[RECORD_ENTERED_STALE_WAITING] = LINE(NONE, WARNING, ENTERED_NEXT_WORDS),
	[RECORD_ENTERED_PROBE_FAILED] = LINE(SERVERS_FAILED, WARNING, ENTERED_WORDS),

	[REASON_NOT_STARTED] = CLAUSE("not started"),
	[REASON_UNUSED] = CLAUSE("no ipsec-policy and no service-set uses this VPN: it takes no keys"),
	[REASON_PULL] = CLAUSE("pull of group %1 from %2"),
	[REASON_PULL_WAITS_ONCE] = CLAUSE("pull of group %1 from %2: %3, sent %4 time%5"),
	[REASON_PULL_WAITS] = CLAUSE("pull of group %1 from %2: %3, sent %4 times%5"),
	[REASON_OTHER_GROUP_FIRST] = CLAUSE("another group registers with %1 first"),
	[REASON_ANSWERS_AFTER_ALL] = CLAUSE("%1 answers after all"),
	[REASON_REGISTERED] = CLAUSE("%1 gave %2 new and %3 known keys for %4 policies, %5%6"),
	[REASON_LAST_KEY_ENDED] = CLAUSE("the last key has ended"),
	[REASON_PUSH_BROUGHT_KEYS] = CLAUSE("a push brought %1 new keys; the group has what it needs"),
	[REASON_PUSH_BROUGHT_NONE] = CLAUSE("a push brought %1 new keys; those that are held go on"),
	[REASON_KEYS_DELETED] = CLAUSE("the server deleted the group's keys; registering again"),
	[REASON_STALE] = CLAUSE("what %1 gave is discarded: %2"),
	[REASON_PROBE_FAILED] = CLAUSE("the recovery probe's pull failed, the keys stay in use: %1"),

	/* --- registrations --- */
	[RECORD_REGISTRATION_FAILED] = LINE(SERVER_FAILED, WARNING, "registration failed: %1"),
	[RECORD_REGISTRATION_LEFT] =
		LINE(SERVER_FAILED, WARNING, "registration failed: %1; a late answer still counts"),
	[RECORD_NO_ANSWER_YET] = LINE(NONE, INFO, "no usable answer yet from %1: %2, sent %3 times%4"),
	[RECORD_FROM_ELSEWHERE] = LINE(NONE, WARNING,
				       "a datagram of the exchange with %1 came from %2 and is ignored: the server "
				       "must answer from the address at which it is asked"),
	[RECORD_STALE_TAKEN] = LINE(NONE, WARNING,
				    "the server goes on giving a KEK or a sequence number from before its own pushes: "
				    "its keys are taken all the same, the sequence number stays"),
	[RECORD_POLICIES_NOT_HELD] = LINE(NONE, WARNING, "the kernel does not hold the new policies yet"),
	[RECORD_KEYS_NOT_HELD] = LINE(NONE, WARNING, "the kernel does not hold the new keys yet"),

	[FAILURE_VERDICT] = CLAUSE("%1: %2; %3"), /* server, verdict, remedy */
	[FAILURE_ELSEWHERE] = CLAUSE("%1: %2; a datagram of this exchange came from %3: the server must answer from "
				     "the address at which it is asked, or be named by the other in server-address"),
	[FAILURE_UNUSABLE] = CLAUSE("nothing that %1 gave can be used: %2%3; what the server gives must be what this "
				    "member supports and its limits admit"),
	[FAILURE_HERE] = CLAUSE("%1"),
	[VERDICT_LEFT] = CLAUSE("no usable answer yet to %1 transmissions (%2)%3"),
	[VERDICT_PLAIN] = CLAUSE("%1"),
	[CLAUSE_LAST_CAME] = CLAUSE("; last came: %1"),
	[CLAUSE_MORE_REFUSALS] = CLAUSE(", and %1 more refusals"),
	[CLAUSE_REFUSED] = CLAUSE(", %1 keys or policies refused"),
	[CLAUSE_NO_KEK] = CLAUSE("no KEK"),
	[CLAUSE_KEK_HELD] = CLAUSE("with the KEK that is held"),
	[CLAUSE_KEK_NEW] = CLAUSE("with a new KEK"),
	[CLAUSE_NO_KEYS_NOR_KEK] = CLAUSE("neither keys nor a KEK"),
	[STALE_OVERTAKEN] = CLAUSE("it was overtaken by a push, which is newer"),
	[STALE_OLDER] = CLAUSE("its KEK or its sequence number is from before a push that was taken (RFC 6407 3.3)"),

	/* --- what an operator can do about a registration that fails --- */
	[REMEDY_SILENT_AGGRESSIVE] = CLAUSE(SILENT "; if all that is right: " PROPOSALS "; " IDENTITY "; " DOI),
	[REMEDY_SILENT_MAIN] =
		CLAUSE(SILENT "; if all that is right: " PROPOSALS "; try 'doi ipsec' or 'situation' in the gateway"),
	[REMEDY_NO_VALUE] = CLAUSE("it took a proposal and fell silent: check that larger datagrams pass, and whether "
				   "it supports the dh-group; " SERVER_LOG),
	[REMEDY_NO_PROOF] = CLAUSE("most likely " KEYS "; else " IDENTITY),
	[REMEDY_NO_POLICY] = CLAUSE("phase 1 stands: " GROUP "; or it is no GDOI server at all"),
	[REMEDY_NO_KEYS] = CLAUSE("it gave the policy and no keys: check that larger datagrams pass; " SERVER_LOG),
	[REMEDY_DOI] = CLAUSE(DOI),
	[REMEDY_SITUATION] = CLAUSE("try another 'situation' in the gateway"),
	[REMEDY_NO_GDOI] = CLAUSE("it answers IKE and knows no GROUPKEY-PULL, so it is no GDOI server: check "
				  "server-address, and that the server has groups"),
	[REMEDY_MODE] = CLAUSE("it does not take this mode: check 'mode' in the ike policy"),
	[REMEDY_PROPOSALS] = CLAUSE(PROPOSALS),
	[REMEDY_GROUP] = CLAUSE(GROUP),
	[REMEDY_KEYS] = CLAUSE(KEYS),
	[REMEDY_KEYS_OR_IDENTITY] = CLAUSE(KEYS "; else " IDENTITY),
	[REMEDY_IDENTITY] = CLAUSE(IDENTITY),
	[REMEDY_DH_GROUP] = CLAUSE("check whether it supports the dh-group"),
	[REMEDY_SERVER_LOG] = CLAUSE(SERVER_LOG),
	[REMEDY_FORGERS] = CLAUSE("somebody on the path sends answers in the server's name: look for who does"),
	[REMEDY_STRANGER] = CLAUSE("check who answers at that address"),
	[REMEDY_SUPPORT] = CLAUSE("what the server gives must be what this member supports: change the group's policy "
				  "on the server"),
	[REMEDY_HERE] = CLAUSE("it is this host's: look at its memory and its crypto library"),

	/* --- keys and policies --- */
	[RECORD_REFUSED] = LINE(POLICY_REFUSED, WARNING, "%1"),
	[RECORD_MORE_REFUSED] = LINE(POLICY_REFUSED, WARNING, "%1 further policies or keys were refused"),
	[RECORD_KEYS_CLEARED] =
		LINE(KEYS_CLEARED, NOTICE, "the keys were cleared by the operator: %1 until new keys come"),
	[RECORD_KILOBYTES_NEARLY_USED] =
		LINE(NONE, NOTICE, "the lifetime of TEK %1 in kilobytes is nearly used; the member registers again"),
	[RECORD_KILOBYTES_USED] = LINE(NONE, WARNING, "the lifetime of TEK %1 in kilobytes is used up"),
	[RECORD_SENDER_FOUND] =
		LINE(NONE, INFO, "TEK %1 is sent with sender id %2 (%3 bits), for which %4 SAs were made"),
	[RECORD_SENDER_LOST] = LINE(
		NONE, WARNING, "the kernel's SA that sends with TEK %1 is gone: one with other IVs is searched for"),
	[RECORD_SENDER_IDS_NOT_SAVED] =
		LINE(NONE, WARNING, "the sender ids cannot be saved: %1; see whether the disk is full or read-only"),
	[RECORD_SENDER_IDS_NOT_USED] =
		LINE(POLICY_REFUSED, ERROR,
		     "the file %1 of the sender ids is not used: %2; it says which IVs were sent, so with AES-GCM this "
		     "member only receives; when all keys of before have ended, remove the file and restart gvpnd"),
	[RECORD_SEARCH_STOPPED] =
		LINE(POLICY_REFUSED, WARNING,
		     "no SA can be found that sends with TEK %1 by the sender id: %2; %3; tried again in %4 s"),
	[RECORD_SEQUENCE_NEARLY_USED] = LINE(
		NONE, NOTICE,
		"the sequence numbers of TEK %1 are nearly used; the member registers again for another sender id"),
	[RECORD_SEQUENCE_USED] = LINE(
		NONE, WARNING,
		"the sequence numbers of TEK %1 are used up, so nothing is sent with it by this sender id any more "
		"(RFC 6407 5.6.4.3); the member registers again"),
	[RECORD_ONLY_RECEIVES] = LINE(POLICY_REFUSED, WARNING, "TEK %1 only receives: %2; %3 where no other key sends"),
	[SENDS_NOT_NO_ID] = CLAUSE("the server has given this member no sender id (RFC 6407 5.6.4); let it give one"),
	[SENDS_NOT_TOO_WIDE] =
		CLAUSE("the server's sender ids have too many bits to be searched for; let it give ids of 8, 12 or 16"),
	[SENDS_NOT_WIDTH] = CLAUSE("the server has changed the width of its sender ids under one key (RFC 6054 3)"),
	[SENDS_NOT_SPENT] = CLAUSE("the sequence numbers of this sender id are used up under this key"),
	[SENDS_NOT_BUSY] = CLAUSE("another SA has the same key and sends by the same sender id"),
	[SENDS_NOT_FULL] = CLAUSE("the file of the sender ids is full of keys that still live"),
	[SENDS_NOT_WRITTEN] = CLAUSE("what is sent must be on the disk first, and cannot be written there; see whether "
				     "the disk is full or read-only"),
	[SENDS_NOT_DISTRUSTED] =
		CLAUSE("what was sent before a restart is not known, because the file is not believed"),
	[SENDS_NOT_STOPPED] = CLAUSE("no SA was found that sends by the sender id, and the log says why; tried again"),
	[RECORD_LAST_KEY_ENDED] =
		LINE(KEYS_EXPIRED, WARNING, "the last key has ended and none replaces it: %1 until new keys come; %2"),
	[RECORD_LAST_KEY_OF_POLICY_ENDED] =
		LINE(KEYS_EXPIRED, WARNING,
		     "the last key of policy %3 has ended and none replaces it: %1 until new keys come; %2"),
	[RECORD_KEK_REFUSED] =
		LINE(POLICY_REFUSED, WARNING, "the KEK is refused: %1; no push can be taken, " REGISTERS_AGAIN),
	[RECORD_KEK_ENDED] = LINE(NONE, NOTICE, "the KEK has ended without a successor"),
	[RECORD_PORT_REFUSED] = LINE(POLICY_REFUSED, WARNING,
				     "the server's pushes would come to UDP port %1, which is refused: a port below %2 "
				     "that is not %3 is another service's; no push is received, " REGISTERS_AGAIN),
	[RECORD_D3P_ENABLED] = LINE(NONE, NOTICE,
				    "D3P enabled: packets under the new keys carry the time, and are taken within a "
				    "window of %1 ms, as %2"),
	[RECORD_D3P_DISABLED] = LINE(NONE, NOTICE, "D3P disabled: packets under the new keys carry no time"),
	[RECORD_D3P_WINDOW_DIFFERS] = LINE(NONE, WARNING,
					   "the server's anti-replay window of %1 ms counts, and not the %2 ms of "
					   "anti-replay-time-window in this vpn"),
	[RECORD_D3P_ANNOUNCED] = LINE(
		NONE, NOTICE,
		"the server announces D3P by its vendor ID, and its GAP payload has neither attribute %1 nor %2, by "
		"which it would ask for it; if its members stamp packets, the attributes that are not known here "
		"may be these two: choose their numbers with d3p-type-attribute and d3p-window-attribute in the "
		"gateway, or say anti-replay-time-window in the vpn"),
	[D3P_OF_SERVER] = CLAUSE("the server says"),
	[D3P_OF_STATEMENT] = CLAUSE("anti-replay-time-window says; the server says nothing of it"),
	[TRAFFIC_BLOCKED] = CLAUSE("its traffic is blocked (fail-close)"),
	[TRAFFIC_FAIL_OPEN] =
		CLAUSE("what its fail-open rules name passes in the clear, the rest of its traffic is blocked"),
	[NEXT_UNDER_WAY] = CLAUSE("a registration is under way"),
	[NEXT_IN] = CLAUSE("the next registration is in %1 s"),
	[NEXT_NONE] = CLAUSE("no registration is planned"),

	/* --- why a key or a policy of a download is refused --- */
	[REFUSED_COUNTER_MODE] =
		CLAUSE(TEK_REFUSED "%3: the kernel's ESP cannot put this member's sender id (RFC 6054) into its "
				   "IVs, and a repeated IV gives the key away" OFFER_ANOTHER),
	[REFUSED_PRESERVATION] =
		CLAUSE(TEK_REFUSED "Address Preservation other than Source-and-Destination" OFFER_ANOTHER),
	[REFUSED_DIRECTION] = CLAUSE(TEK_REFUSED "an SA Direction other than Symmetric" OFFER_ANOTHER),
	[REFUSED_TRANSPORT_MODE] = CLAUSE(TEK_REFUSED "transport mode" OFFER_ANOTHER),
	[REFUSED_MULTICAST] =
		CLAUSE(TEK_REFUSED "a multicast selector (this member carries unicast only)" OFFER_ANOTHER),
	[REFUSED_PORTS_ALONE] = CLAUSE(TEK_REFUSED "ports without a protocol" OFFER_ANOTHER),
	[REFUSED_PORTS_OF_NO_PROTOCOL] = CLAUSE(TEK_REFUSED "ports with a protocol that has none" OFFER_ANOTHER),
	[REFUSED_NO_LIFETIME] = CLAUSE(TEK_REFUSED "a lifetime of 0" OFFER_ANOTHER),
	[REFUSED_D3P_NO_TYPE] =
		CLAUSE(TEK_REFUSED "an anti-replay window (D3P-WINDOWSIZE) without a D3P-TYPE" D3P_NUMBERS),
	[REFUSED_D3P_TYPE] =
		CLAUSE(TEK_REFUSED "anti-replay by time with D3P-TYPE %3; only 1, POSIX time, is known" D3P_NUMBERS),
	[REFUSED_D3P_NO_WINDOW] =
		CLAUSE(TEK_REFUSED "anti-replay by time without a window (D3P-WINDOWSIZE)" D3P_NUMBERS),
	[REFUSED_D3P_WINDOW_0] = CLAUSE(TEK_REFUSED "anti-replay by time with a window of 0 ms; the server must give a "
						    "window of at least 1 ms (anti-replay-time-window)"),
	[REFUSED_D3P_DATAPATH] =
		CLAUSE(TEK_REFUSED "anti-replay by time (D3P), for which this host's datapath cannot stamp and check "
				   "packets; take anti-replay-time-window away from the group at the server, and from "
				   "the vpn here"),
	[REFUSED_SPI_TWICE] = CLAUSE(TEK_REFUSED "the same download has its SPI with another key"),
	[REFUSED_SPI_IN_USE] = CLAUSE(TEK_REFUSED "the SPI is in use with another key; the server must give each key "
						  "an SPI of its own"),
	[REFUSED_KILOBYTES_USED] = CLAUSE(TEK_REFUSED "its lifetime of %3 kilobytes is used up here; the server must "
						      "make a new key"),
	[REFUSED_MAX_KEYS] = CLAUSE(TEK_REFUSED "more than %3 keys in one download; raise max-keys, or give the group "
						"fewer keys at the server"),
	[REFUSED_MAX_POLICIES] = CLAUSE("policy %1 refused: more than %2 policies in the group; raise max-policies"),
	[REFUSED_ERROR] = CLAUSE("TEK %1 refused: %2"),
	[REFUSED_UNUSABLE] = CLAUSE("TEK %1%2 refused: %3"),
	[CLAUSE_FOR_SELECTOR] = CLAUSE(" for %1"),
	[CLAUSE_WITHOUT_SPI] = CLAUSE("without an SPI"),

	/* --- pushes --- */
	[RECORD_PUSH_REKEYED] = LINE(REKEYED, INFO, PUSH_WORDS),
	[RECORD_PUSH_DELETED] = LINE(KEYS_DELETED, INFO, PUSH_WORDS),
	[RECORD_PUSH_NOT_FOLLOWED] =
		LINE(POLICY_REFUSED, WARNING, "the push cannot be followed: %1; the member registers again"),
	[RECORD_PUSH_KERNEL_LACKS] = LINE(NONE, WARNING, "not acknowledged: the kernel does not hold the new keys"),
	[RECORD_PUSH_CANNOT_ACKNOWLEDGE] =
		LINE(NONE, WARNING, "cannot acknowledge the push; the server sends it again"),
	[CLAUSE_WITH_KEK_HELD] = CLAUSE(", with the KEK that is held"),
	[CLAUSE_WITH_KEK_NEW] = CLAUSE(", with a new KEK"),
	[CLAUSE_KEK_DELETED] = CLAUSE(", KEK deleted"),
	[CLAUSE_KEYLESS] = CLAUSE("; %1 policies have no key: %2"),
	[BEHIND_KEK_WITHOUT_KEY] = CLAUSE("it announces a KEK and brings no key for it"),
	[BEHIND_NO_USABLE_KEY] = CLAUSE("none of its keys can be used"),

	/* --- the recovery probe --- */
	[RECORD_PROBE_OFF] = LINE(NONE, ERROR, "the recovery probe is off: out of memory"),
	[RECORD_PROBE_STARTED] =
		LINE(PROBE_STARTED, NOTICE, "recovery probe starts: %1; the first pull follows in %2 s"),
	[RECORD_PROBE_NOT_NEEDED] = LINE(NONE, NOTICE, "recovery probe: the group is %1, no pull of its own is needed"),
	[RECORD_PROBE_PULL] =
		LINE(NONE, NOTICE, "recovery probe: pull %1; while signs go on the next one follows in %2 s"),
	[RECORD_PROBE_ENDED] = LINE(PROBE_ENDED, NOTICE,
				    "recovery probe ends after %1 pulls: %2 s without a sign since a registration"),
	[SIGN_UNKNOWN_SPI] = CLAUSE("ESP with an unknown SPI came"),
	[SIGN_ONE_WAY] = CLAUSE("at least %1 packets left in %2 s or more and none came"),
	[SIGN_BOTH] = CLAUSE("ESP with an unknown SPI came, and at least %1 packets left in %2 s or more and none "
			     "came"),

	/* --- notes of the exchanges: the level is the note's --- */
	[RECORD_NOTE] = LINE(NONE, DEBUG, "%1"),
	[RECORD_NOTE_PUSH_REFUSED] = LINE(PUSH_REFUSED, WARNING, "%1; from %2, nothing has changed"),
	[RECORD_NOTE_POLICY_REFUSED] = LINE(POLICY_REFUSED, WARNING, "%1"),
	[RECORD_NOTE_TOLERATED] = LINE(PEER_TOLERATED, INFO, "%1: %2 (tolerated, told once)"),
	[RECORD_NOTES_DROPPED] = LINE(NONE, WARNING, "%1 further notes dropped"),
	[RECORD_LINES_MISSED] = LINE(NONE, WARNING, "%1 more lines were not logged within %2 s, they came too fast"),
	[RECORD_LINES_OF_EVENT_MISSED] =
		LINE(NONE, WARNING, "%1 more lines %3 were not logged within %2 s, they came too fast"),

	/* --- the daemon: its start and its end --- */
	[RECORD_STARTED] = LINE(STARTED, NOTICE, "gvpnd " GVPN_VERSION " started with %1 group VPNs of %2"),
	[RECORD_CANNOT_START] = LINE(NONE, ERROR, "cannot start: %1"),
	[RECORD_LOOP_FAILED] = LINE(NONE, ERROR, "the event loop failed: %1"),
	[RECORD_NO_TIMER] = LINE(NONE, ERROR, "cannot set the timer: %1"),
	[RECORD_STOPPED] = LINE(STOPPED, NOTICE, "stopped: %1"),
	[RECORD_CANNOT_STOP] = LINE(KERNEL_FAILED, ERROR, "cannot stop as configured (%1): %2"),
	[STOP_FAIL_CLOSE] = CLAUSE("keys removed, the blocks of fail-close stay"),
	[STOP_KEEP] = CLAUSE("keys and policies stay"),
	[STOP_REMOVE] = CLAUSE("keys, policies and blocks removed"),
	[STOP_NOTHING] = CLAUSE("nothing was programmed"),
	[RECORD_CANNOT_FLUSH] = LINE(NONE, ERROR, "cannot flush: %1"),
	[RECORD_NOTHING_TO_BLOCK] = LINE(NONE, NOTICE, "nothing to do: a gvpnd runs, or has left its blocks"),
	[RECORD_CANNOT_BLOCK] = LINE(NONE, ERROR, "cannot install the blocks of fail-close: %1"),
	[RECORD_STATE_NOT_USED] =
		LINE(NONE, WARNING,
		     "%1, which says what an earlier run left in the kernel, is not used: %2; traffic "
		     "waits for the registration"),
	[RECORD_STATE_NOT_SAVED] = LINE(NONE, WARNING, "cannot write %1, a restart will lose packets: %2"),

	/* --- its configuration --- */
	[RECORD_CONFIG_LOADED] = LINE(CONFIG_LOADED, NOTICE, "configuration %1 loaded"),
	[RECORD_CONFIG_REFUSED] = LINE(CONFIG_REFUSED, ERROR, "%1"),
	[RECORD_CONFIG_NOT_RELOADED] = LINE(CONFIG_REFUSED, ERROR, "not reloaded, everything stays as it is: %1"),
	[RECORD_CONFIG_WARNING] = LINE(NONE, WARNING, "%1"),
	[RECORD_CONFIG_NOT_KEPT] =
		LINE(NONE, WARNING, "the configuration is not kept in %1 for a boot that finds a bad one: %2"),
	[RECORD_BLOCKS_WITHOUT_KEY] =
		LINE(NONE, WARNING, "the blocks of fail-close need no key: they are made as %1 says"),
	[RECORD_BLOCKS_OF_LAST_CONFIG] =
		LINE(NONE, WARNING, "the blocks of fail-close are those of the last good configuration, kept in %1"),
	[RECORD_BLOCKS_UNKNOWN] = LINE(NONE, ERROR, "nothing says what to block: %1"),
	[RECORD_BLOCKS_NOT_KEPT] = LINE(NONE, ERROR,
					"nothing says what to block: no last good configuration is kept without "
					"$STATE_DIRECTORY"),
	[RECORD_INTERFACE_PRESENT] = LINE(INTERFACE_PRESENT, NOTICE, "interface %1%2 exists now"),
	[RECORD_INTERFACE_MISSING] =
		LINE(INTERFACE_MISSING, WARNING,
		     MISSING_INTERFACE "a mistyped name protects nothing, and what comes by the right one passes in "
				       "clear; see 'ip link'"),
	[RECORD_EXTERNAL_INTERFACE_MISSING] =
		LINE(INTERFACE_MISSING, WARNING, "external " MISSING_INTERFACE "nothing passes by it; see 'ip link'"),
	[CLAUSE_OF_ZONE] = CLAUSE(" of security-zone %1"),

	/* --- the kernel --- */
	[RECORD_KERNEL_LINE] = LINE(NONE, INFO, "%1"),
	[RECORD_KERNEL_CHANGED] = LINE(KERNEL_CHANGED, NOTICE, "%1"),
	[RECORD_KERNEL_CONFLICT] = LINE(KERNEL_CONFLICT, ERROR, "%1"),
	[RECORD_KERNEL_CONFLICT_ENDED] = LINE(NONE, NOTICE, "nobody else has the place of anything of ours any more"),
	[RECORD_KERNEL_UNREADABLE] = LINE(KERNEL_FAILED, WARNING, "cannot read the kernel's events: %1"),
	[RECORD_PLAN_REPAIRED] = LINE(NONE, DEBUG,
				      "what others changed in the kernel was looked at and mended in %1 ms; the next "
				      "time not before %2 ms have passed"),
	[RECORD_PLAN_HELD_AGAIN] = LINE(NONE, NOTICE, "the kernel holds the plan again, after %1 s"),
	[RECORD_PLAN_NOT_HELD] = LINE(KERNEL_FAILED, ERROR,
				      "the kernel does not hold the plan: %1; tried again after %2 s, and up to %3 s "
				      "later"),
	[RECORD_PLAN_TRIMMED] = LINE(KERNEL_FAILED, ERROR, "%1"),
	[RECORD_ESP_DROPPED_IN] = LINE(KERNEL_CONFLICT, ERROR,
				       "this host drops the group's ESP in its own chains input: %1 packets came and "
				       "none got through; " ACCEPT_ESP ", and rp_filter what comes by the external "
				       "interface"),
	[RECORD_ESP_DROPPED_OUT] = LINE(KERNEL_CONFLICT, ERROR,
					"this host drops the group's ESP in its own chains output: of %1 packets none "
					"got through; " ACCEPT_ESP),

	[RECORD_D3P_BLOCKED] = LINE(KERNEL_CONFLICT, ERROR,
				    "%1; its traffic is blocked, except where a fail-open rule lets it pass, and other "
				    "groups go on; tried again after %2 s, and up to %3 s later"),
	[RECORD_D3P_BLOCKED_ENDED] = LINE(NONE, NOTICE, "packets are stamped with the time (D3P) again, after %1 s"),

	[RECORD_D3P_DROPPED_OUT] =
		LINE(KERNEL_CONFLICT, ERROR,
		     "this host drops the group's packets in its own chains output on their way to their time stamps "
		     "(D3P): of %1 packets none got through; " ACCEPT_D3P),

	[RECORD_D3P_DROPPED] = LINE(ANTI_REPLAY_DROPS, WARNING,
				    "anti-replay by time (D3P) dropped packets within %1 s: %2 too old, %3 too new, %4 "
				    "without a time stamp, %5 with an unexpected one, %6 with a wrong type, %7 with a "
				    "wrong length, %8 with a wrong next header%9"),
	[RECORD_CLOCK_UNSYNCHRONISED] = LINE(CLOCK_UNSYNCHRONISED, NOTICE, CLOCK_WORDS "it matters to groups with D3P"),
	[RECORD_CLOCK_UNSYNCHRONISED_D3P] = LINE(
		CLOCK_UNSYNCHRONISED, WARNING,
		CLOCK_WORDS "a group has D3P, and drops packets whose time stamp differs too much: run NTP here and "
			    "on all members (chrony needs 'rtcsync'); see 'adjtimex --print' or 'timedatectl'"),
	[CLAUSE_CLOCK_UNSYNCHRONISED] = CLAUSE("; the clock of this host is not synchronised"),

	/* --- datagrams, and clients of the bus --- */
	[RECORD_DATAGRAM_DROPPED] =
		LINE(NONE, INFO,
		     "a datagram from %1 to %2 is dropped: no group takes it: neither of an exchange "
		     "that is under way nor under a KEK that is held"),
	[RECORD_DATAGRAMS_MISSED] = LINE(NONE, INFO, "%1 more datagrams were dropped within %2 s and not logged"),
	[RECORD_LIKE_LINES_MISSED] = LINE(NONE, INFO, "%1 more lines like this were not logged"),
	[RECORD_CANNOT_LISTEN] = LINE(NONE, ERROR, "pushes will not be received: %1"),
	[RECORD_CANNOT_SEND] = LINE(NONE, WARNING,
				    "cannot send from %1 to %2: %3; it is tried again, check that there is a route and "
				    "no filter"),
	[RECORD_CANNOT_SEND_WITHOUT_ADDRESS] = LINE(NONE, WARNING,
						    "cannot send from %1 to %2: no interface of this host has the "
						    "local-address %1; it is tried again"),
	[RECORD_CLIENT_REFUSED] = LINE(CLIENT_REFUSED, NOTICE, "%1"),
	[RECORD_NO_SYSTEM_BUS] = LINE(NONE, INFO, "not on the system bus (%1); " BUS_SOCKET " serves"),

	/* --- errors --- */
	[ERROR_LOOP] = CLAUSE("cannot set up the event loop: %1"),
	[ERROR_KERNEL_EVENTS] = CLAUSE("cannot watch the kernel's events: %1"),
	[ERROR_PLAN] = CLAUSE("cannot make the plan: %1"),
	[ERROR_TOO_MANY_VPNS] =
		CLAUSE("more VPNs, with those that a reload takes away, than a member can be in (%1); name "
		       "fewer, or take some away first"),
	[ERROR_PORT_TAKEN] =
		CLAUSE("UDP port %1 of %2 is taken by another program; 'ss -ulpn sport = :%1' shows which, "
		       "stop it first"),
	[ERROR_PORT_PRIVILEGE] =
		CLAUSE("no privilege to open UDP port %1 of %2; run as root or with CAP_NET_BIND_SERVICE"),
	[ERROR_PORT] = CLAUSE("cannot open UDP port %1 of %2: %3"),
	[ERROR_PORTS_MAX] = CLAUSE("more than %1 different local addresses and ports of the gateways"),
	[ERROR_NO_VPN] = CLAUSE("no VPN '%1' is configured"),
	[ERROR_STOP] = CLAUSE("cannot stop: %1"),
	[ERROR_NO_SOURCE] = CLAUSE("%1 cannot be the source of a packet; expected the address of a host"),
	[ERROR_NO_DESTINATION] = CLAUSE("%1 cannot be the destination of a packet; expected an address"),
	[ERROR_NO_PORTS] =
		CLAUSE("protocol %1 has no ports; leave the ports out, or name tcp, udp, dccp, sctp or udplite"),
	[ERROR_NO_INTERFACE] =
		CLAUSE("neither this host nor the configuration has an interface %1; 'ip link' shows those "
		       "of this host"),
	[ERROR_MEMORY] = CLAUSE("the daemon is out of memory"),
};

const struct record_row *record_row(enum record_id id)
{
	return &rows[(size_t)id < ARRAY_SIZE(rows) && rows[id].words ? id : RECORD_NOTHING];
}
