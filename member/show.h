/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The show outputs (rows F1, F2; the guide's member outputs, field by field).  The daemon publishes one snapshot of its
 * state as JSON; text is rendered from it here, by gvpnctl, so that --json and the text cannot differ.
 *
 * The snapshot:
 * { "version": "…", "kernel": true,            // false under --no-kernel
 *   "kernel_failure": { "seconds", "reason" },  // only while the kernel does not take the plan: for how long, and why
 *   "vpns": [ {
 *     "name", "group_id", "local_gateway": "10.18.101.1", "gdoi_server": "10.10.100.1", "server_port": 848,
 *     "routing_instance": "default", "recovery_probe": bool, "df_bit": "clear|set|copy", "tunnel_mtu": int|null,
 *     "match_direction": "input|output"|null, "state": "registered|registering|…", "state_reason": "…",
 *     "max_keys": 4, "max_policies": 10, "rekey_needed": bool, "next_registration_seconds": int|null,
 *     "stats": { "pull_succeeded", "pull_failed", "pull_timeout", "pull_aborted", "push_succeeded", "push_failed",
 *                "server_failover", "delete_received", "exceed_maximum_keys", "exceed_maximum_policies",
 * "unsupported_algo", "refused", "clear_notifies", "recovery_probes" }, "sas": [ { "tunnel_id": 49152, "spi": "1c548e4e", "protocol": "ESP", "encryption": "aes-256",
 *                "authentication": "sha256-128", "direction": "bi-directional",
 *                "source": S, "destination": S,          // S = { "prefix": "172.16.0.0/12", "protocol": 0, "port_min":
 * 0, "port_max": 65535 } "hard_seconds": int|null, "soft_seconds": int|null, "lifesize_kilobytes": int|null (null:
 * unlimited), "mode": "Tunnel", "state": "installed|receive-only|expiring|not installed", "anti_replay": "D3P
 * disabled", "packets_in","bytes_in","packets_out","bytes_out" } ], "kek": null | { "index", "server_address",
 * "life_seconds": int|null, "initiator_cookie", "responder_cookie": 16 hex digits, "sequence", "sig_hash": "sha256",
 * "encryption": "aes256-cbc", "input_bytes", "output_bytes", "input_packets", "output_packets", "push_received",
 * "delete_received" }, "zones": [ { "from", "to", "policies": [ { "tunnel_id", "type":
 * "Secure|Fail-close|Exclude|Fail-open", "name": "", "source": R, "destination": R } ] } ]  // R = { "first","last"
 * addresses, "port_min","port_max","protocol" } } ], "counters": { "clear_in_dropped", "fail_close_in",
 * "fail_close_out", "unknown_spi", "readdressed", "misfit", "unprotected_out", "icmp_quoted", "esp_in", "esp_out", "esp_in_bytes", "esp_out_bytes" } | null
 * }
 */
#ifndef MEMBER_SHOW_H
#define MEMBER_SHOW_H

#include <json-c/json.h>
#include <stdio.h>

/*
 * WORDS as typed after "show", e.g. { "security", "group-vpn", "member", "ipsec", "security-associations", "detail" };
 * the words "security group-vpn member" may be left out and any word may be abbreviated as long as it is unambiguous.
 * Writes to OUT.  -EINVAL with ERR naming the word and what could stand in its place.
 */
int show_text(FILE *out, const char *const *words, size_t n_words, struct json_object *snapshot, char err[static 256]);
/* The part of the snapshot that the same words show, as a new reference. */
int show_json(struct json_object **ret, const char *const *words, size_t n_words, struct json_object *snapshot,
	      char err[static 256]);

#endif
