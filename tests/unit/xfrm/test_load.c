/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The folder of a BPF file system that gvpnd --load fills as root, and that belongs to the daemon's user: whatever that
 * user puts there, root reaches nothing else by it.
 */
#include "tests/unit/support/datapath_run.h"
#include "xfrm/bpf/load.h"
#include "xfrm/bpf/pins.h"

#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define USER 65534
#define GROUP 65533
#define OUTSIDE "/tmp/test-load-outside"

static struct datapath_run *run;
static char version[DATAPATH_VERSION_MAX], build[128];

static void setup(void)
{
	run = datapath_run_new();
	datapath_version(version);
	if (run)
		snprintf(build, sizeof(build), "%s/%s", run->folder, version);
	ck_assert_int_eq(system("rm -rf " OUTSIDE " && mkdir " OUTSIDE " && touch " OUTSIDE "/rules"), 0);
}

static void teardown(void)
{
	ck_assert_int_eq(system("rm -rf " OUTSIDE), 0);
	datapath_run_free(run);
}

static void load(void)
{
	char err[256];

	ck_assert_msg(datapath_load(run->folder, USER, GROUP, err) == 0, "%s", err);
}

static void belongs(const char *path, uid_t uid, gid_t gid)
{
	struct stat st;

	ck_assert_msg(lstat(path, &st) == 0, "%s", path);
	ck_assert_msg(st.st_uid == uid && st.st_gid == gid, "%s belongs to %u:%u", path, st.st_uid, st.st_gid);
	ck_assert_msg((st.st_mode & 077) == 0, "%s has the mode %o", path, st.st_mode & 0777);
}

/* Returns how many pins there are. */
static size_t all_belong(uid_t uid, gid_t gid)
{
	DIR *d = opendir(build);
	struct dirent *e;
	char path[512];
	size_t n = 0;

	ck_assert_ptr_nonnull(d);
	while ((e = readdir(d)))
		if (e->d_name[0] != '.') {
			snprintf(path, sizeof(path), "%s/%s", build, e->d_name);
			belongs(path, uid, gid);
			n++;
		}
	closedir(d);
	belongs(run->folder, uid, gid);
	belongs(build, uid, gid);
	return n;
}

/* And to nobody else, also when another user had it before: root for a first run by hand. */
START_TEST(it_belongs_to_the_user_of_the_last_load)
{
	char err[256];
	size_t n;

	NEEDS_BPF;
	n = all_belong(0, 0);
	ck_assert_uint_gt(n, DP_PROGRAM_N);
	load();
	ck_assert_uint_eq(all_belong(USER, GROUP), n);
	ck_assert_int_eq(datapath_unpin(run->folder, err), 0);
	load();
	ck_assert_uint_eq(all_belong(USER, GROUP), n);
}
END_TEST

static void unpin(void)
{
	char err[256];

	ck_assert_msg(datapath_unpin(run->folder, err) == 0, "%s", err);
	ck_assert_int_eq(access(OUTSIDE "/rules", F_OK), 0);
	belongs(run->folder, USER, GROUP);
}

static void outside_is_roots(void)
{
	struct stat st;

	ck_assert_int_eq(stat(OUTSIDE, &st), 0);
	ck_assert_uint_eq(st.st_uid, 0);
	ck_assert_int_eq(stat(OUTSIDE "/rules", &st), 0);
	ck_assert_uint_eq(st.st_uid, 0);
}

/* The daemon's user links names that root writes to or removes to a place outside. */
START_TEST(links_are_not_followed)
{
	static const char *const names[] = { "part", "0123456789abcdef", NULL };
	const char *name = names[_i] ? names[_i] : version;
	char link[256], err[256];
	struct stat st;

	NEEDS_BPF;
	ck_assert_int_eq(datapath_unpin(run->folder, err), 0);
	snprintf(link, sizeof(link), "%s/%s", run->folder, name);
	ck_assert_int_eq(symlink(OUTSIDE, link), 0);
	load();
	outside_is_roots();
	ck_assert_uint_gt(all_belong(USER, GROUP), DP_PROGRAM_N);
	unpin();
	ck_assert_int_eq(symlink(OUTSIDE, link), 0);
	unpin();
	ck_assert_int_lt(lstat(link, &st), 0);
}
END_TEST

/* A pin that is a link, or is gone, is not what is handed over: the build is loaded again. */
START_TEST(a_pin_that_is_none)
{
	char link[256], other[256];
	int folder, fd;

	NEEDS_BPF;
	load();
	snprintf(link, sizeof(link), "%s/rules", build);
	snprintf(other, sizeof(other), "%s/fits", build);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(unlink(link), 0);
		if (i > 0)
			ck_assert_int_eq(symlink(i == 1 ? OUTSIDE "/rules" : other, link), 0);
		folder = pins_open(AT_FDCWD, build);
		ck_assert_int_ge(folder, 0);
		ck_assert_int_lt(pins_get(folder, "rules"), 0);
		close(folder);
		load();
		outside_is_roots();
		folder = pins_open(AT_FDCWD, build);
		fd = pins_get(folder, "rules");
		ck_assert_int_ge(fd, 0);
		close(fd);
		close(folder);
		ck_assert_uint_gt(all_belong(USER, GROUP), DP_PROGRAM_N);
	}
	unpin();
}
END_TEST

/* One that was not finished is made again. */
START_TEST(what_was_begun_is_made_anew)
{
	char err[256], path[256];

	NEEDS_BPF;
	ck_assert_int_eq(datapath_unpin(run->folder, err), 0);
	snprintf(path, sizeof(path), "%s/part", run->folder);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	load();
	ck_assert_uint_gt(all_belong(USER, GROUP), DP_PROGRAM_N);
	ck_assert_int_lt(access(path, F_OK), 0);
}
END_TEST

/* The refusal says how to mend it, and leaves nothing behind. */
START_TEST(no_bpf_file_system)
{
	char err[256];

	NEEDS_BPF;
	ck_assert_int_eq(datapath_load(OUTSIDE "/gvpn", USER, GROUP, err), -EINVAL);
	ck_assert_str_eq(err, OUTSIDE " is not of a BPF file system; mount one there: mount -t bpf bpf " OUTSIDE);
	ck_assert_int_lt(access(OUTSIDE "/gvpn", F_OK), 0);
	ck_assert_int_eq(datapath_load(OUTSIDE, USER, GROUP, err), -EINVAL);
	outside_is_roots();
	ck_assert_int_eq(datapath_load("/nowhere/bpf/gvpn", USER, GROUP, err), -ENOENT);
	ck_assert_str_eq(
		err, "/nowhere/bpf: No such file or directory; a kernel without it has no BPF (CONFIG_BPF_SYSCALL)");
	ck_assert_int_eq(datapath_load("gvpn", USER, GROUP, err), -EINVAL);
}
END_TEST

static void answer_bpf(int error)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_bpf, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { ARRAY_SIZE(code), code };

	ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	ck_assert_int_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}

/* A kernel that is locked down, and one without bpf(2): one sentence that says so; nothing is left behind. */
START_TEST(a_kernel_that_takes_no_programs)
{
	static const struct {
		int error;
		const char *start, *part;
	} kernels[] = {
		{ EPERM, "this kernel does not take the datapath's programs (Operation not permitted)", "locked down" },
		{ ENOSYS, "this kernel cannot run the datapath's programs", "CONFIG_BPF_SYSCALL" },
	};
	char err[256];
	int r;

	NEEDS_BPF;
	ck_assert_int_eq(datapath_unpin(run->folder, err), 0);
	answer_bpf(kernels[_i].error);
	r = datapath_load(run->folder, USER, GROUP, err);
	ck_assert_int_lt(r, 0);
	ck_assert_msg(strncmp(err, kernels[_i].start, strlen(kernels[_i].start)) == 0, "%d: %s", r, err);
	ck_assert_msg(strstr(err, kernels[_i].part) != NULL, "%s", err);
	ck_assert_msg(strchr(err, '\n') == NULL && strlen(err) < sizeof(err) - 1, "%s", err);
	ck_assert_int_eq(rmdir(run->folder), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("load");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, it_belongs_to_the_user_of_the_last_load);
	tcase_add_loop_test(t, links_are_not_followed, 0, 3);
	tcase_add_test(t, a_pin_that_is_none);
	tcase_add_test(t, what_was_begun_is_made_anew);
	tcase_add_test(t, no_bpf_file_system);
	tcase_add_loop_test(t, a_kernel_that_takes_no_programs, 0, 2);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
