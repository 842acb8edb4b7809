/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A plugin of QEMU's translator: counts the guest's instructions by address, exactly, between the marks of load.c.
 *
 *   -plugin count_plugin.so,dir=DIR
 *
 * Each round comes to a file DIR/count.NNN, numbered as they end, with a line "ADDRESS INSTRUCTIONS CALLS" for each
 * block of code that the guest has run: its address in 16 hexadecimal digits (0 for all programs: what counts is the
 * kernel), how many instructions it has, how often it was entered.
 *
 * Debian 12 has no package with QEMU's header for plugins, so the part that is used stands here.  QEMU 7.2, plugin API
 * version 1.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORTED __attribute__((visibility("default")))

struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef uint64_t qemu_plugin_id_t;
typedef void (*translated_fn)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb);
typedef void (*executed_fn)(unsigned cpu, void *data);
enum { QEMU_PLUGIN_CB_NO_REGS = 0, QEMU_PLUGIN_INLINE_ADD_U64 = 0 };

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, translated_fn callback);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb, executed_fn callback, int flags, void *data);
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *tb, int operation, void *at, uint64_t operand);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);

EXPORTED int qemu_plugin_version = 1;
EXPORTED int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv);

#define BITS 20
#define SIZE (1u << BITS)
#define KERNEL 0x800000000000ull /* addresses from here on are the kernel's */

/* A block of code; the same address may be cut into blocks of several lengths. */
struct block {
	uint64_t address, length, calls;
};

static struct block table[SIZE];
static unsigned used, rounds;
static const char *dir = ".";

/* block_of: its place in the table, made if there is none */
static struct block *block_of(uint64_t address, uint64_t length)
{
	unsigned at = (unsigned)((address * 0x9E3779B97F4A7C15ull) >> (64 - BITS));

	for (; table[at].length; at = (at + 1) % SIZE) {
		if (table[at].address == address && table[at].length == length)
			return &table[at];
	}
	if (++used > SIZE / 2) {
		fprintf(stderr, "count_plugin: the guest has more than %u blocks of code\n", SIZE / 2);
		exit(1);
	}
	table[at] = (struct block){ .address = address, .length = length };
	return &table[at];
}

static void forget(void)
{
	for (unsigned i = 0; i < SIZE; i++)
		table[i].calls = 0;
}

static void start(unsigned cpu, void *data)
{
	(void)cpu;
	(void)data;
	forget();
}

static void end(unsigned cpu, void *data)
{
	char name[512];
	FILE *file;

	(void)cpu;
	(void)data;
	snprintf(name, sizeof(name), "%s/count.%03u", dir, rounds++);
	file = fopen(name, "w");
	for (unsigned i = 0; file && i < SIZE; i++) {
		if (table[i].calls)
			fprintf(file, "%016" PRIx64 " %" PRIu64 " %" PRIu64 "\n", table[i].address, table[i].length,
				table[i].calls);
	}
	if (!file || fclose(file)) {
		perror(name);
		exit(1);
	}
	forget();
}

/* is_mark: whether it is nopl 'gvpX'(%rax), and sets *which to X */
static bool is_mark(const struct qemu_plugin_insn *insn, char *which)
{
	static const unsigned char head[] = { 0x0f, 0x1f, 0x80, 'g', 'v', 'p' };
	const char *data = qemu_plugin_insn_data(insn);

	if (qemu_plugin_insn_size(insn) != sizeof(head) + 1 || memcmp(data, head, sizeof(head)) != 0)
		return false;
	*which = data[sizeof(head)];
	return true;
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb);
	uint64_t address = qemu_plugin_tb_vaddr(tb);
	char which;

	(void)id;
	if (address < KERNEL) {
		for (size_t i = 0; i < n; i++) {
			if (is_mark(qemu_plugin_tb_get_insn(tb, i), &which))
				qemu_plugin_register_vcpu_tb_exec_cb(tb, which == '0' ? start : end,
								     QEMU_PLUGIN_CB_NO_REGS, NULL);
		}
		address = 0;
	}
	qemu_plugin_register_vcpu_tb_exec_inline(tb, QEMU_PLUGIN_INLINE_ADD_U64, &block_of(address, n)->calls, 1);
}

int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv)
{
	(void)info;
	for (int i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "dir=", 4))
			dir = strdup(argv[i] + 4);
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
