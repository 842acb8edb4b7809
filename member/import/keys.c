/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/import/keys.h"

#include "lib/printable.h"
#include "member/config/psk.h"
#include "member/import/device_key.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_SIZE (3 * GVPN_NAME_MAX + 8)

/* --- telling --- */

static void begin_key_line(struct import_keys *k, const char *kind, const char *policy)
{
	fprintf(k->report, "%s: ike policy ", kind);
	printable_put(k->report, policy);
	fputs(": ", k->report);
}

__attribute__((format(printf, 3, 4))) static void fail_key(struct import_keys *k, const char *policy, const char *fmt,
							   ...)
{
	va_list ap;

	k->failed = true;
	begin_key_line(k, "incomplete", policy);
	va_start(ap, fmt);
	vfprintf(k->report, fmt, ap);
	va_end(ap);
	fputc('\n', k->report);
}

/* --- the folder --- */

int import_keys_open(struct import_keys *k, const char *folder, FILE *report)
{
	*k = (struct import_keys){ .folder = folder, .report = report, .fd = -1 };
	if (!folder)
		return 0;
	k->path = realpath(folder, NULL);
	k->fd = k->path ? open(k->path, O_DIRECTORY | O_RDONLY | O_CLOEXEC) : -1;
	if (k->fd >= 0)
		return 0;
	fprintf(report, "--keys %s: %s; expected a folder for the files of keys\n", folder, strerror(errno));
	free(k->path);
	k->path = NULL;
	return -EINVAL;
}

void import_keys_close(struct import_keys *k, bool undo)
{
	for (size_t i = 0; i < k->n_written; i++) {
		if (undo)
			(void)!unlinkat(k->fd, k->written[i], 0);
		free(k->written[i]);
	}
	if (k->fd >= 0)
		close(k->fd);
	free(k->path);
	*k = (struct import_keys){ .fd = -1 };
}

/* --- the files --- */

/* The policy's name, and what a file's name does not hold as "%2F". */
static void file_name(char ret[static NAME_SIZE], const char *policy)
{
	size_t n = 0;

	for (const char *p = policy; *p && n + 4 < NAME_SIZE - strlen(".psk"); p++)
		if (isalnum((unsigned char)*p) || *p == '-' || *p == '_' || (*p == '.' && p > policy))
			ret[n++] = *p;
		else
			n += (size_t)sprintf(ret + n, "%%%02X", (unsigned char)*p);
	strcpy(ret + n, ".psk");
}

/* pre-shared-key file takes one line's end away: "\n", and "\r" before it. */
static size_t file_text(uint8_t ret[static SECRET_MAX + 2], const struct secret *key)
{
	size_t n = key->len;

	memcpy(ret, key->data, n);
	if (key->data[n - 1] == '\r')
		ret[n++] = '\r';
	ret[n++] = '\n';
	return n;
}

static bool file_holds(int fd, const uint8_t *text, size_t len)
{
	uint8_t have[SECRET_MAX + 3];
	ssize_t n = read(fd, have, sizeof(have));
	bool same = n == (ssize_t)len && memcmp(have, text, len) == 0;

	explicit_bzero(have, sizeof(have));
	return same;
}

/* A file of an earlier run that has the same key is as good as a new one. */
static int take_existing(struct import_keys *k, const char *name, const uint8_t *text, size_t len)
{
	int fd = openat(k->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	int r = -EEXIST;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && file_holds(fd, text, len))
		r = fchmod(fd, 0600) == 0 ? 0 : -errno;
	if (fd >= 0)
		close(fd);
	return r;
}

static int write_new(struct import_keys *k, int fd, const char *name, const uint8_t *text, size_t len)
{
	char *copy = strdup(name);
	bool whole = copy && fchmod(fd, 0600) == 0 && write(fd, text, len) == (ssize_t)len && fsync(fd) == 0;
	int r = whole ? 0 : !copy ? -ENOMEM : errno > 0 ? -errno : -EIO;

	close(fd);
	if (r < 0) {
		(void)!unlinkat(k->fd, name, 0);
		free(copy);
		return r;
	}
	k->written[k->n_written++] = copy;
	return 0;
}

static int write_key(struct import_keys *k, const char *name, const struct secret *key)
{
	uint8_t text[SECRET_MAX + 2];
	size_t len = file_text(text, key);
	int fd, r;

	if (k->n_written == IMPORT_KEYS_MAX)
		return -E2BIG;
	fd = openat(k->fd, name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd >= 0)
		r = write_new(k, fd, name, text, len);
	else
		r = errno == EEXIST ? take_existing(k, name, text, len) : -errno;
	explicit_bzero(text, sizeof(text));
	return r;
}

/* --- the statement --- */

/* "$9$..." as the key that it is; a hexadecimal one is spelled in digits.  -EINVAL: it is damaged. */
static int reveal_key(struct secret *ret, const char *form, const char *text)
{
	uint8_t octets[2 * SECRET_MAX + 1];
	ssize_t n = import_secret_reveal(octets, sizeof(octets) - 1, text);
	int r = -EINVAL;

	if (n > 0 && strcmp(form, "hexadecimal") == 0) {
		octets[n] = '\0';
		n = config_hex_parse(ret->data, SECRET_MAX, (const char *)octets);
		if (n > 0) {
			ret->len = (uint16_t)n;
			r = 0;
		}
	} else if (n > 0) {
		r = secret_set(ret, octets, (size_t)n) == 0 ? 0 : -EINVAL;
	}
	explicit_bzero(octets, sizeof(octets));
	return r;
}

static int put_file(struct import_keys *k, char **ret, const char *policy, const struct secret *key)
{
	char name[NAME_SIZE];
	int r;

	file_name(name, policy);
	r = write_key(k, name, key);
	if (r == -ENOMEM || (r == 0 && asprintf(ret, "%s/%s", k->path, name) < 0))
		return -ENOMEM;
	if (r == -EEXIST)
		fail_key(k, policy, "%s/%s exists and holds something else; expected none, or another folder", k->path,
			 name);
	else if (r < 0)
		fail_key(k, policy, "%s/%s: %s", k->path, name, strerror(-r));
	else
		fprintf(k->report, "note: its key is written to %s/%s, which its owner alone can read\n", k->path,
			name);
	return r == 0;
}

int import_keys_take(struct import_keys *k, char **ret, const struct junos_word *const *words, size_t n)
{
	const char *policy, *form, *value;
	struct secret key = { 0 };
	int r;

	if (n != 9 || strcmp(words[3]->text, "ike") != 0 || strcmp(words[4]->text, "policy") != 0 ||
	    strcmp(words[6]->text, "pre-shared-key") != 0)
		return 0;
	policy = words[5]->text;
	form = words[7]->text;
	value = words[8]->text;
	if (strcmp(form, "ascii-text") != 0 && strcmp(form, "hexadecimal") != 0)
		return 0;
	if (strncmp(value, "$8$", 3) == 0)
		fail_key(k, policy,
			 "its key ($8$...) is encrypted under the device's master password, which this text does not "
			 "hold: "
			 "write the key itself to a file, and 'pre-shared-key file PATH' in place of this statement");
	if (strncmp(value, "$9$", 3) != 0)
		return 0;
	r = reveal_key(&key, form, value);
	if (r < 0) {
		fail_key(k, policy, "its key ($9$...) is damaged: export it again, from a wider terminal or to a file");
		return 0;
	}
	begin_key_line(k, "note", policy);
	fprintf(k->report,
		"its key was no secret to begin with: whoever has seen this text ($9$...) can read the key; a new one, "
		"on the key server too, is better\n");
	if (k->folder)
		r = put_file(k, ret, policy, &key);
	else
		fail_key(k, policy, "'--keys DIR' writes its key to a file that gvpnd reads");
	secret_wipe(&key);
	return r;
}
