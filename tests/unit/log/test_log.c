/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/log/log.h"

#include <check.h>
#include <fcntl.h>
#include <regex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define TIME "^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3} "

static const struct log_fields about = { .vpn = "GROUP_ID-0001", .group = 1, .server = 0x0a0a6401, .spi = 0x1c548e4e };

/* What was written to a log on a pipe. */
struct capture {
	struct log *log;
	int fds[2];
	char text[8192];
};

static void capture_open(struct capture *c, enum log_level max)
{
	ck_assert_int_eq(pipe2(c->fds, O_NONBLOCK), 0);
	ck_assert_int_eq(log_open_fd(&c->log, c->fds[1], max), 0);
}

static const char *capture_read(struct capture *c)
{
	ssize_t n = read(c->fds[0], c->text, sizeof(c->text) - 1);

	c->text[n < 0 ? 0 : n] = '\0';
	return c->text;
}

static void capture_close(struct capture *c)
{
	log_close(c->log);
	close(c->fds[0]);
	close(c->fds[1]);
}

static void assert_matches(const char *text, const char *pattern)
{
	regex_t re;

	ck_assert_int_eq(regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB), 0);
	ck_assert_msg(regexec(&re, text, 0, NULL, 0) == 0, "'%s' does not match '%s'", text, pattern);
	regfree(&re);
}

START_TEST(line)
{
	struct capture c;

	capture_open(&c, LOG_LEVEL_INFO);
	log_write(c.log, LOG_LEVEL_WARNING, &about, "pull failed: %s", "no answer");
	assert_matches(capture_read(&c), TIME "warning: pull failed: no answer vpn=GROUP_ID-0001 group=1 "
					      "server=10\\.10\\.100\\.1 spi=1c548e4e\n$");
	log_write(c.log, LOG_LEVEL_ERROR, &(struct log_fields){ .event = EVENT_STOPPED }, "stopped");
	assert_matches(capture_read(&c), TIME "error: stopped\n$");
	log_write(c.log, LOG_LEVEL_INFO, &(struct log_fields){ .spi = 0xabc }, "x");
	assert_matches(capture_read(&c), TIME "info: x spi=00000abc\n$");
	capture_close(&c);
}
END_TEST

START_TEST(level)
{
	struct capture c;

	capture_open(&c, LOG_LEVEL_NOTICE);
	log_write(c.log, LOG_LEVEL_INFO, NULL, "not this");
	log_write(c.log, LOG_LEVEL_DEBUG, NULL, "nor this");
	ck_assert_str_eq(capture_read(&c), "");
	log_write(c.log, LOG_LEVEL_NOTICE, NULL, "this");
	assert_matches(capture_read(&c), TIME "notice: this\n$");
	log_write(NULL, LOG_LEVEL_ERROR, NULL, "nowhere");
	capture_close(&c);
}
END_TEST

/* A peer's text makes neither a second line nor a terminal's command. */
START_TEST(forgery)
{
	struct capture c;

	capture_open(&c, LOG_LEVEL_INFO);
	log_write(c.log, LOG_LEVEL_INFO, NULL, "%s", "id \n2024-01-01 error: forged\r\t\x1b[31m\x7f\xc2\x9b");
	assert_matches(capture_read(&c), TIME
		       "info: id \\\\x0a2024-01-01 error: forged\\\\x0d\\\\x09\\\\x1b\\[31m\\\\x7f\\\\xc2\\\\x9b\n$");
	capture_close(&c);
}
END_TEST

START_TEST(long_text)
{
	struct capture c;
	char text[6000];

	for (int control = 0; control < 2; control++) {
		memset(text, control ? '\n' : 'a', sizeof(text) - 1);
		text[sizeof(text) - 1] = '\0';
		capture_open(&c, LOG_LEVEL_INFO);
		log_write(c.log, LOG_LEVEL_INFO, &about, "%s", text);
		const char *out = capture_read(&c);
		ck_assert_uint_lt(strlen(out), 1300);
		assert_matches(out, "\\.\\.\\. vpn=GROUP_ID-0001 .* spi=1c548e4e\n$");
		capture_close(&c);
	}
}
END_TEST

START_TEST(errno_kept)
{
	struct log *l;

	ck_assert_int_eq(log_open_fd(&l, -1, LOG_LEVEL_INFO), 0);
	errno = ENOENT;
	log_write(l, LOG_LEVEL_INFO, NULL, "%m");
	ck_assert_int_eq(errno, ENOENT);
	log_close(l);
}
END_TEST

static char sent[4096];
static int send_result, n_sent;

static int fake_sendv(const struct iovec *iov, int n)
{
	sent[0] = '\0';
	n_sent = n;
	for (int i = 0; i < n; i++) {
		strncat(sent, iov[i].iov_base, iov[i].iov_len);
		strcat(sent, "|");
	}
	return send_result;
}

START_TEST(journal)
{
	struct log_fields about_all = about;
	struct log *l;

	ck_assert_int_eq(log_open_journal(&l, fake_sendv, LOG_LEVEL_DEBUG), 0);
	log_write(l, LOG_LEVEL_ERROR, &about, "a %d\nPRIORITY=0", 1);
	ck_assert_str_eq(sent, "MESSAGE=a 1\\x0aPRIORITY=0|PRIORITY=3|SYSLOG_IDENTIFIER=gvpnd|GVPN_VPN=GROUP_ID-0001|"
			       "GVPN_GROUP=1|GVPN_SERVER=10.10.100.1|GVPN_SPI=1c548e4e|");
	log_write(l, LOG_LEVEL_WARNING, &(struct log_fields){ .server = 0x0a0a6401, .event = EVENT_PUSH_REFUSED }, "c");
	ck_assert_str_eq(sent, "MESSAGE=c|PRIORITY=4|SYSLOG_IDENTIFIER=gvpnd|GVPN_SERVER=10.10.100.1|"
			       "MESSAGE_ID=aacd8b3210954de9b8f2aa364a315e95|GVPN_EVENT=push-refused|");
	about_all.event = EVENT_STARTED;
	log_write(l, LOG_LEVEL_ERROR, &about_all, "d");
	ck_assert_int_eq(n_sent, 9);
	log_write(l, LOG_LEVEL_DEBUG, NULL, "b");
	ck_assert_str_eq(sent, "MESSAGE=b|PRIORITY=7|SYSLOG_IDENTIFIER=gvpnd|");
	log_close(l);
}
END_TEST

/* When the journal is gone, the line is not. */
START_TEST(journal_fails)
{
	struct capture c;

	capture_open(&c, LOG_LEVEL_INFO);
	ck_assert_int_ge(dup2(c.fds[1], STDERR_FILENO), 0);
	log_close(c.log);
	ck_assert_int_eq(log_open_journal(&c.log, fake_sendv, LOG_LEVEL_INFO), 0);
	send_result = -ECONNREFUSED;
	log_write(c.log, LOG_LEVEL_INFO, NULL, "still here");
	assert_matches(capture_read(&c), TIME "info: still here\n$");
	capture_close(&c);
}
END_TEST

START_TEST(stream)
{
	char name[64];
	struct stat st;
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_eq(fstat(fds[1], &st), 0);
	snprintf(name, sizeof(name), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	ck_assert(log_stream_is(name, fds[1]));
	strcat(name, "0");
	ck_assert(!log_stream_is(name, fds[1]));
	ck_assert(!log_stream_is(NULL, fds[1]));
	ck_assert(!log_stream_is("", fds[1]));
	ck_assert(!log_stream_is("8", fds[1]));
	ck_assert(!log_stream_is("a:b", fds[1]));
	snprintf(name, sizeof(name), "%ju:%jux", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	ck_assert(!log_stream_is(name, fds[1]));
	close(fds[0]);
	close(fds[1]);
	ck_assert(!log_stream_is("8:1", fds[1]));
}
END_TEST

/* log_open() takes lines when JOURNAL_STREAM names another stream, as under a terminal started from a service. */
START_TEST(open_chooses)
{
	struct capture c;

	capture_open(&c, LOG_LEVEL_INFO);
	ck_assert_int_ge(dup2(c.fds[1], STDERR_FILENO), 0);
	log_close(c.log);
	ck_assert_int_eq(setenv("JOURNAL_STREAM", "1:1", 1), 0);
	ck_assert_int_eq(log_open(&c.log, LOG_LEVEL_INFO), 0);
	log_write(c.log, LOG_LEVEL_INFO, NULL, "to stderr");
	assert_matches(capture_read(&c), TIME "info: to stderr\n$");
	capture_close(&c);
}
END_TEST

/* Whoever reads stderr may go; the daemon stays. */
START_TEST(a_closed_stderr_ends_nothing)
{
	struct log *log;
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	unsetenv("JOURNAL_STREAM");
	signal(SIGPIPE, SIG_DFL);
	ck_assert_int_eq(dup2(fds[1], STDERR_FILENO), STDERR_FILENO);
	ck_assert_int_eq(log_open(&log, LOG_LEVEL_INFO), 0);
	close(fds[0]);
	close(fds[1]);
	log_write(log, LOG_LEVEL_INFO, NULL, "nobody hears this");
	log_close(log);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("log");
	TCase *tc = tcase_create("log");
	SRunner *runner = srunner_create(suite);

	tcase_add_test(tc, line);
	tcase_add_test(tc, a_closed_stderr_ends_nothing);
	tcase_add_test(tc, level);
	tcase_add_test(tc, forgery);
	tcase_add_test(tc, long_text);
	tcase_add_test(tc, errno_kept);
	tcase_add_test(tc, journal);
	tcase_add_test(tc, journal_fails);
	tcase_add_test(tc, stream);
	tcase_add_test(tc, open_chooses);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
