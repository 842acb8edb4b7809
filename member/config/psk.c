/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/config/psk.h"

#include "member/api/bus.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

ssize_t config_hex_parse(uint8_t *ret, size_t max, const char *text)
{
	size_t n;

	if (text[0] == '\0' || OPENSSL_hexstr2buf_ex(ret, max, &n, text, '\0') != 1) {
		ERR_clear_error();
		return -EINVAL;
	}
	return (ssize_t)n;
}

static int set_key(struct secret *ret, struct statements *s, const struct statement *leaf, const char *data, size_t len)
{
	const struct junos_word *at = leaf->values[0].word;

	if (len == 0)
		return statement_fail(s, leaf, at, "the key is empty; expected 1 to %d octets", SECRET_MAX);
	if (len > SECRET_MAX)
		return statement_fail(s, leaf, at, "the key has %zu octets; expected 1 to %d", len, SECRET_MAX);
	return secret_set(ret, data, len);
}

/*
 * Junos prints keys in another spelling ($9$), or encrypted under the device's master password ($8$).  A configuration
 * that holds either was copied in part: the import reads the first form back, and says what to do about the second.
 */
static int refuse_device_form(struct statements *s, const struct statement *leaf)
{
	const struct junos_word *w = leaf->values[0].word;

	if (strncmp(w->text, "$9$", 3) == 0)
		return statement_fault(s, CONFIG_FAULT_VALUE, leaf, w,
				       "this is a key as Junos spells it ($9$...), which 'gvpnctl import --keys DIR' "
				       "reads back; expected the key itself, or pre-shared-key file PATH or credential "
				       "NAME");
	if (strncmp(w->text, "$8$", 3) == 0)
		return statement_fault(s, CONFIG_FAULT_VALUE, leaf, w,
				       "this is a key as Junos encrypts it ($8$...), which cannot be read back here; "
				       "expected the key itself, or pre-shared-key file PATH or credential NAME");
	return 0;
}

static int read_ascii(struct secret *ret, struct statements *s, const struct statement *leaf)
{
	const struct junos_word *w = leaf->values[0].word;
	int r = refuse_device_form(s, leaf);

	if (r < 0)
		return r;
	return set_key(ret, s, leaf, w->text, w->len);
}

static int read_hexadecimal(struct secret *ret, struct statements *s, const struct statement *leaf)
{
	const struct junos_word *w = leaf->values[0].word;
	uint8_t octets[SECRET_MAX];
	int r = refuse_device_form(s, leaf);
	ssize_t n;

	if (r < 0)
		return r;
	n = config_hex_parse(octets, sizeof(octets), w->text);
	if (n < 0)
		return statement_fail(s, leaf, w, "not a hexadecimal key; expected 1 to %d pairs of digits 0-9 and a-f",
				      SECRET_MAX);
	r = secret_set(ret, octets, (size_t)n);
	explicit_bzero(octets, sizeof(octets));
	return r;
}

/* The group that may look at a daemon's state: this one's, or the one's that listens at the usual place. */
static bool is_sockets_group(gid_t gid)
{
	struct stat st;

	return gid != 0 &&
	       (gid == getegid() || (lstat(BUS_SOCKET, &st) == 0 && S_ISSOCK(st.st_mode) && st.st_gid == gid));
}

bool config_psk_is_lax(char why[static CONFIG_PSK_LAX_MAX], const struct junos_file *f)
{
	if (f->mode & S_IRWXO)
		snprintf(why, CONFIG_PSK_LAX_MAX, "open to everybody (mode %04o); chmod o= closes it", f->mode);
	else if ((f->mode & S_IRGRP) && is_sockets_group(f->gid))
		snprintf(why, CONFIG_PSK_LAX_MAX,
			 "readable by the group %u (mode %04o), which is the daemon's socket's: who may look at the "
			 "state "
			 "has the key; expected another group, or pre-shared-key credential NAME",
			 f->gid, f->mode);
	else
		return false;
	return true;
}

static int read_file(struct secret *ret, struct statements *s, const struct statement *leaf, const char *path,
		     bool warn)
{
	const struct junos_word *at = leaf->values[0].word;
	struct junos_file f;
	struct config_error why;
	char lax[CONFIG_PSK_LAX_MAX];
	int r = junos_file_read(&f, path, 4096, &why);

	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		/* The message does not show the path: the word may be the key itself. */
		(void)statement_fail(s, leaf, at,
				     "the file that this names cannot be read: %s; expected a file that holds the key",
				     r == -EINVAL ? "not a regular file" : strerror(-r));
		return r;
	}
	if (f.len > 0 && f.text[f.len - 1] == '\n')
		f.text[--f.len] = '\0';
	if (f.len > 0 && f.text[f.len - 1] == '\r')
		f.text[--f.len] = '\0';
	r = set_key(ret, s, leaf, f.text, f.len);
	if (r >= 0 && warn && config_psk_is_lax(lax, &f))
		statement_warn(s, leaf, at, "%.100s is %s", path, lax);
	junos_file_free(&f);
	return r;
}

static int read_path(struct secret *ret, struct statements *s, const struct statement *leaf, bool warn)
{
	const struct junos_word *w = leaf->values[0].word;

	if (w->text[0] != '/' || w->len > 1024)
		return statement_fail(s, leaf, w, "not an absolute path; expected '/' and at most 1024 characters");
	return read_file(ret, s, leaf, w->text, warn);
}

static int read_credential(struct secret *ret, struct statements *s, const struct statement *leaf)
{
	const struct junos_word *w = leaf->values[0].word;
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	char path[1200];

	if (strchr(w->text, '/') || w->text[0] == '.')
		return statement_fail(s, leaf, w, "not a credential's name; expected no '/' and no leading '.'");
	if (!dir || dir[0] != '/' || strlen(dir) > 1024) {
		(void)statement_fail(s, leaf, w,
				     "there is no $CREDENTIALS_DIRECTORY; expected to run under systemd with "
				     "LoadCredential=NAME:PATH in the unit, NAME as it stands here");
		return -ENOENT;
	}
	snprintf(path, sizeof(path), "%s/%s", dir, w->text);
	return read_file(ret, s, leaf, path, false); /* systemd sees to its mode */
}

int config_psk_read(struct secret *ret, struct statements *s, const struct statement *block, bool warn)
{
	const struct statement *leaf = block->child;

	if (statements_unkeyed(s))
		return secret_set(ret, STATEMENTS_UNKEYED_KEY, strlen(STATEMENTS_UNKEYED_KEY));
	if (strcmp(leaf->schema->name, "ascii-text") == 0)
		return read_ascii(ret, s, leaf);
	if (strcmp(leaf->schema->name, "hexadecimal") == 0)
		return read_hexadecimal(ret, s, leaf);
	if (strcmp(leaf->schema->name, "file") == 0)
		return read_path(ret, s, leaf, warn);
	return read_credential(ret, s, leaf);
}
