/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rule engine against a table of cases reasoned by hand, and against the reference model on random ones.
 *
 * ENGINE_SEED chooses other random cases, ENGINE_ROUNDS how many.
 */
#include "tests/unit/support/engine_random.h"
#include "tests/unit/support/engine_reference.h"
#include "tests/unit/support/engine_world.h"

#include <check.h>
#include <inttypes.h>
#include <stdlib.h>

#define SEED 20261123
#define ROUNDS 100000
#define PACKETS 4 /* of one configuration */

static const char *const table[] = {
#include "tests/unit/policy/engine_cases.inc"
};

static struct plan *plan_of(const struct engine_world *w)
{
	struct plan *p = NULL;

	ck_assert_int_eq(engine_plan(&p, &w->scope, 1), 0);
	return p;
}

static bool agree(const struct plan_rule *r, const struct reference_decision *d)
{
	return r->verdict == d->verdict && r->reason == d->reason &&
	       (r->reason != PLAN_GROUP_POLICY || r->reqid == d->reqid) && strcmp(r->name, d->name) == 0;
}

/* --- by hand --- */

struct reading {
	struct engine_world world;
	const char *title;
	char packet[128], decision[64]; /* of the case at hand */
	bool in;
};

/* "out SOURCE DESTINATION SERVICE = DECISION | why" */
static void split(struct reading *r, const char *line)
{
	const char *packet = strchr(line, ' ') + 1, *is = strstr(line, " = "), *why = strstr(line, " | ");

	ck_assert_msg(is && why && is < why && why[3], "not a case: %s", line);
	snprintf(r->packet, sizeof(r->packet), "%.*s", (int)(is - packet), packet);
	snprintf(r->decision, sizeof(r->decision), "%.*s", (int)(why - is - 3), is + 3);
	r->in = line[0] == 'i';
}

static void try_case(struct reading *r, const char *line)
{
	struct plan *p = plan_of(&r->world);
	char text[DECISION_TEXT_MAX] = "nothing";
	struct reference_decision reference;
	const struct plan_rule *rule;
	struct packet_key packet;

	split(r, line);
	packet = engine_world_packet(r->packet);
	rule = plan_decide(&p->scopes[0], &packet, r->in);
	if (rule)
		engine_decision_text(&r->world, rule, text);
	if (strcmp(text, r->decision) != 0)
		ck_abort_msg("%s: \"%s\", but the engine says: %s", r->title, line, text);
	reference = reference_decide(&r->world.scope, &packet, r->in);
	ck_assert_msg(agree(rule, &reference), "%s: \"%s\", but the reference model says otherwise", r->title, line);
	plan_free(p);
}

static bool starts(const char *line, const char *with)
{
	return strncmp(line, with, strlen(with)) == 0;
}

START_TEST(by_hand)
{
	static struct reading r;
	unsigned configurations = 0, cases = 0;

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		if (starts(table[i], "# ")) {
			r.title = table[i] + 2;
			configurations++;
		} else if (starts(table[i], "out ") || starts(table[i], "in ")) {
			try_case(&r, table[i]);
			cases++;
		} else {
			engine_world_line(&r.world, table[i]);
		}
	}
	printf("engine: %u cases by hand in %u configurations\n", cases, configurations);
	fflush(stdout);
	ck_assert_uint_ge(cases, 200);
}
END_TEST

/* --- at random --- */

static uint64_t from_environment(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtoull(text, NULL, 0) : otherwise;
}

static void failure(const struct engine_world *w, const struct plan *p, uint64_t round, const char *what)
{
	printf("engine: first difference, round %" PRIu64 ": %s\n", round, what);
	engine_world_print(w, stdout);
	printf("the plan:\n");
	engine_plan_print(&p->scopes[0], stdout);
	fflush(stdout);
}

/* What any plan must be, whatever the packets. */
static const char *flaw(const struct engine_scope *in, const struct plan_scope *s)
{
	size_t policies = 2 * in->n_policies * (1 + in->n_fail_open);
	size_t parts = in->filter ? in->n_output + in->n_input : 1;
	size_t most = in->n_servers + in->n_exclude + parts * (policies + in->n_fail_open + 1) + in->filter;
	const struct plan_rule *last = &s->rules[s->n_rules - 1];

	if (s->n_rules == 0 || s->n_rules > most)
		return "too many rules, or none";
	if (!selector_equal(&last->sel, &selector_any) || last->way != PLAN_BOTH)
		return "the last rule is not for everything";
	if (in->filter ? last->verdict != PLAN_CLEAR || last->reason != PLAN_NOT_GOVERNED
		       : last->verdict != PLAN_BLOCK || last->reason != PLAN_FAIL_CLOSE)
		return "the last rule is the wrong one";
	for (size_t i = 0; i < s->n_rules; i++) {
		const struct plan_rule *r = &s->rules[i];
		struct selector same;
		bool first = i < in->n_servers + in->n_exclude;

		if (!in->filter && r->way != PLAN_BOTH)
			return "a rule between zones is for one way only";
		if (in->filter && i + 1 < s->n_rules && first != (r->way == PLAN_BOTH))
			return "a rule of a filter is for the wrong ways";
		if (!first && !selector_intersect(&same, &r->sel, &selector_any) && r->reason == PLAN_GROUP_POLICY)
			return "a rule that nothing can match";
		if (r->verdict == PLAN_ENCRYPT && !in->policies[r->reqid - WORLD_REQID].keyed)
			return "protection without a key";
		if (r->reason == PLAN_FAIL_OPEN && r->verdict != PLAN_CLEAR)
			return "fail-open that does not let pass";
	}
	return NULL;
}

struct tally {
	uint64_t decisions[PLAN_NOT_GOVERNED + 1], verdicts[PLAN_BLOCK + 1], packets;
};

static void try_packet(const struct engine_world *w, const struct plan *p, struct engine_random *random, uint64_t round,
		       struct tally *tally)
{
	bool in = engine_random_below(random, 2) == 1;
	struct packet_key packet = engine_random_packet(random, w, in);
	struct reference_decision d = reference_decide(&w->scope, &packet, in);
	const struct plan_rule *r = plan_decide(&p->scopes[0], &packet, in);
	struct plan_rule expected = { .verdict = d.verdict, .reason = d.reason, .reqid = d.reqid };
	char text[DECISION_TEXT_MAX];

	tally->packets++;
	if (r && agree(r, &d)) {
		tally->decisions[r->reason]++;
		tally->verdicts[r->verdict]++;
		return;
	}
	failure(w, p, round, r ? "the reference model decides another way" : "no rule decides");
	engine_packet_print(&packet, in, stdout);
	if (r) {
		engine_decision_text(w, r, text);
		printf("the engine says:    %s (rule %td)\n", text, r - p->scopes[0].rules);
	}
	snprintf(expected.name, sizeof(expected.name), "%s", d.name);
	engine_decision_text(w, &expected, text);
	printf("the reference says: %s\n", text);
	fflush(stdout);
	ck_abort_msg("see above");
}

static void report(const struct tally *t, uint64_t rounds, uint64_t seed, size_t most)
{
	static const char *const reasons[] = {
		"own GDOI", "exclude", "group policy", "fail-open", "fail-close", "not governed",
	};

	printf("engine: %" PRIu64 " random configurations and key states, seed %" PRIu64 ", %" PRIu64
	       " packets: %" PRIu64 " clear, %" PRIu64 " esp, %" PRIu64
	       " blocked; all as in the reference model\nengine: decided by",
	       rounds, seed, t->packets, t->verdicts[PLAN_CLEAR], t->verdicts[PLAN_ENCRYPT], t->verdicts[PLAN_BLOCK]);
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
		printf(" %s %" PRIu64 "%s", reasons[i], t->decisions[i], i + 1 < ARRAY_SIZE(reasons) ? "," : "");
	printf("; at most %zu rules\n", most);
	fflush(stdout);
}

START_TEST(at_random)
{
	static struct engine_world w;
	uint64_t seed = from_environment("ENGINE_SEED", SEED), rounds = from_environment("ENGINE_ROUNDS", ROUNDS);
	struct engine_random random = { seed };
	struct tally tally = { 0 };
	size_t most = 0;

	for (uint64_t i = 0; i < rounds; i++) {
		const char *wrong;
		struct plan *p;

		engine_random_world(&random, &w);
		p = plan_of(&w);
		wrong = flaw(&w.scope, &p->scopes[0]);
		if (wrong) {
			failure(&w, p, i, wrong);
			ck_abort_msg("see above; seed %" PRIu64, seed);
		}
		for (int j = 0; j < PACKETS; j++)
			try_packet(&w, p, &random, i, &tally);
		most = p->scopes[0].n_rules > most ? p->scopes[0].n_rules : most;
		plan_free(p);
	}
	report(&tally, rounds, seed, most);
	/* The random cases are worth something only when all kinds of decisions occur. */
	for (size_t i = 0; rounds >= ROUNDS && i < ARRAY_SIZE(tally.decisions); i++)
		ck_assert_uint_gt(tally.decisions[i], rounds / 100);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("engine");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(t, 300);
	tcase_add_test(t, by_hand);
	tcase_add_test(t, at_random);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
