/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A slow model of a keyring, to hold the real one against: plain lists, everything looked up anew each time, written
 * from member/group/keyring.h and not from its code.  Selectors and key material are numbers.
 */
#ifndef TESTS_UNIT_SUPPORT_KEYRING_MODEL_H
#define TESTS_UNIT_SUPPORT_KEYRING_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MODEL_LINES 24
#define MODEL_POLICIES 16
#define MODEL_SAS 200

struct model_line { /* one TEK of a message */
	uint32_t spi, life;
	unsigned material, selector;
	bool bad; /* cannot be used */
};

struct model_message {
	bool push;
	struct model_line lines[MODEL_LINES];
	size_t n_lines;
	unsigned refused[4]; /* selectors that only a refusal names */
	size_t n_refused;
	bool delete_all, replaces;
	uint32_t deletes[4];
	size_t n_deletes;
	bool has_kek, has_activation, has_deactivation;
	unsigned activation, deactivation;
};

struct model_sa {
	uint32_t spi, life;
	unsigned material;
	uint64_t came, soft, end, cut;
	bool deleted;
};

struct model_key {
	uint32_t spi;
	uint64_t sends;
	bool overtaken;
};

struct model_policy {
	unsigned selector;
	struct model_key keys[MODEL_SAS];
	size_t n;
};

struct model {
	unsigned max_keys, max_policies;
	struct model_policy policies[MODEL_POLICIES];
	size_t n_policies;
	struct model_sa sas[MODEL_SAS];
	size_t n_sas;
	struct {
		uint32_t spi;
		uint64_t until;
	} gone[MODEL_SAS];
	size_t n_gone;
};

void model_take(struct model *m, const struct model_message *message, uint64_t now);
void model_expire(struct model *m, uint64_t now);
const struct model_sa *model_sa(const struct model *m, uint32_t spi);
uint32_t model_sender(const struct model *m, size_t policy, uint64_t now); /* 0: none */

#endif
