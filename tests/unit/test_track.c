/*
 * The table: who belongs to which conversation, incarnations, limits and eviction; against a naive
 * model for the counting.
 */
#include "observe/track.h"

#include "support.h"
#include "track_fixture.h"
#include "wire/ip_proto.h"

#define C   TRACK_CLIENT
#define S   TRACK_SERVER
#define SYN TCP_FLAG_SYN
#define ACK TCP_FLAG_ACK
#define RST TCP_FLAG_RST

static struct track_fixture f;

static int setup(void **state)
{
    (void)state;
    track_fixture_init(&f, 4);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    track_fixture_deinit(&f);
    return 0;
}

static uint32_t count_all(void)
{
    uint32_t n = 0;
    for (struct track_conversation *c = track_next(&f.track, NULL); c != NULL;
         c = track_next(&f.track, c)) {
        n++;
    }
    return n;
}

static void both_directions_are_one_conversation(void **state)
{
    (void)state;
    assert_int_equal(track_fixture_segment(&f, C, SYN, 0, 0, 0), TRACK_NEW | TRACK_SYN);
    const struct track_conversation *c = f.verdict.conversation;
    assert_int_equal(f.verdict.from, 0);
    assert_int_equal(c->number, 1);
    assert_int_equal(c->end[0].port, 41822);
    assert_int_equal(c->begun_us, f.now_us);
    track_fixture_segment(&f, S, SYN | ACK, 0, 1, 0);
    assert_ptr_equal(f.verdict.conversation, c);
    assert_int_equal(f.verdict.from, 1);
    assert_int_equal(count_all(), 1);
}

static void another_syn_is_another_incarnation(void **state)
{
    (void)state;
    track_fixture_open(&f, 100);
    struct track_conversation *first = f.verdict.conversation;
    f.isn[C] += 100000;
    assert_int_equal(track_fixture_segment(&f, C, SYN, 0, 0, 0),
                     TRACK_NEW | TRACK_REUSED | TRACK_SYN);
    assert_ptr_equal(f.verdict.replaced, first);
    assert_true(first->is_replaced);
    assert_int_equal(f.verdict.conversation->number, 2);
    assert_int_equal(track_fixture_segment(&f, S, SYN | ACK, 0, 1, 0), TRACK_SYN);
    assert_null(f.verdict.replaced);
    assert_int_equal(f.verdict.conversation->number, 2);
    assert_int_equal(count_all(), 2);
    /* After a reset the other end may begin. */
    track_fixture_segment(&f, C, RST, 1, 0, 0);
    f.isn[S] += 100000;
    assert_int_equal(track_fixture_segment(&f, S, SYN, 0, 0, 0),
                     TRACK_NEW | TRACK_REUSED | TRACK_SYN);
    assert_int_equal(f.verdict.conversation->end[0].port, 80);
    assert_int_equal(f.verdict.from, 0);
}

static void strangers_are_joined_in_the_middle(void **state)
{
    (void)state;
    assert_int_equal(track_fixture_segment(&f, C, RST | ACK, 5, 5, 0), TRACK_ORPHAN | TRACK_RST);
    assert_null(f.verdict.conversation);
    assert_int_equal(track_fixture_segment(&f, S, ACK, 5, 5, 100),
                     TRACK_NEW | TRACK_ORPHAN | TRACK_FIRST_DATA);
    assert_true(f.verdict.conversation->is_joined);
    assert_int_equal(f.verdict.from, 1); /* by its port */
    assert_int_equal(track_fixture_segment(&f, C, ACK, 5, 105, 0), 0);
    assert_int_equal(track_fixture_segment(&f, S, ACK, 105, 5, 100), 0);
    assert_int_equal(track_fixture_summary(&f).state[0], TRACK_STATE_ESTABLISHED);
}

static void a_syn_ack_tells_who_began(void **state)
{
    (void)state;
    f.port[C] = 7;
    f.port[S] = 9000;
    track_fixture_segment(&f, S, SYN | ACK, 0, 1, 0);
    assert_int_equal(f.verdict.conversation->end[0].port, 7);
    assert_int_equal(f.verdict.bits, TRACK_NEW | TRACK_ORPHAN | TRACK_SYN);
    assert_int_equal(track_fixture_segment(&f, C, ACK, 1, 1, 0), 0);
}

static void datagrams_and_pings_are_counted(void **state)
{
    (void)state;
    assert_int_equal(track_fixture_ip(&f, C, IP_PROTO_UDP, 100), TRACK_NEW);
    assert_int_equal(track_fixture_ip(&f, S, IP_PROTO_UDP, 200), 0);
    const struct track_conversation *c = f.verdict.conversation;
    assert_int_equal(c->protocol, IP_PROTO_UDP);
    assert_int_equal(c->way[0].bytes, 100);
    assert_int_equal(c->way[1].bytes, 200);
    assert_int_equal(track_fixture_ip(&f, C, IP_PROTO_ICMP4, 56), TRACK_NEW);
    assert_int_equal(f.verdict.conversation->end[0].port, 0);
    assert_int_equal(f.verdict.conversation->way[0].bytes, 64);
}

struct evictions {
    uint64_t number[16];
    uint32_t count;
};

static void note_eviction(void *context, struct track_conversation *conversation)
{
    struct evictions *evictions = context;
    evictions->number[evictions->count++] = conversation->number;
}

static void the_closed_and_the_quiet_make_room(void **state)
{
    (void)state;
    struct evictions evictions = {.count = 0};
    f.track.options.evict = note_eviction;
    f.track.options.context = &evictions;
    for (uint16_t port = 1; port <= 4; port++) {
        f.port[C] = port;
        track_fixture_segment(&f, C, SYN, 0, 0, 0);
    }
    f.port[C] = 1; /* is heard of again */
    track_fixture_segment(&f, C, SYN, 0, 0, 0);
    f.port[C] = 3; /* closes */
    track_fixture_segment(&f, S, RST | ACK, 0, 1, 0);
    for (uint16_t port = 5; port <= 7; port++) {
        f.port[C] = port;
        track_fixture_segment(&f, C, SYN, 0, 0, 0);
    }
    assert_int_equal(evictions.count, 3);
    assert_int_equal(evictions.number[0], 3);
    assert_int_equal(evictions.number[1], 2);
    assert_int_equal(evictions.number[2], 4);
    assert_int_equal(f.track.evicted, 3);
    assert_int_equal(count_all(), 4);
    f.port[C] = 2; /* forgotten: new */
    assert_int_equal(track_fixture_segment(&f, C, SYN, 0, 0, 0), TRACK_NEW | TRACK_SYN);
}

/* The incarnation that is replaced may be the one that makes room. */
static void a_full_table_of_one_can_begin_anew(void **state)
{
    (void)state;
    track_fixture_deinit(&f);
    track_fixture_init(&f, 1);
    track_fixture_open(&f, 100);
    f.isn[C] += 100000;
    assert_int_equal(track_fixture_segment(&f, C, SYN, 0, 0, 0),
                     TRACK_NEW | TRACK_REUSED | TRACK_SYN);
    assert_null(f.verdict.replaced);
    assert_int_equal(count_all(), 1);
}

/* Who knows of one may ask for those before it. */
static void incarnations_hang_together(void **state)
{
    (void)state;
    struct track_conversation *c[4];
    for (uint32_t i = 0; i < ARRAY_COUNT(c); i++) {
        f.isn[C] += 1000000;
        track_fixture_segment(&f, C, SYN, 0, 0, 0);
        c[i] = f.verdict.conversation;
        assert_ptr_equal(c[i]->before, i > 0 ? c[i - 1] : NULL);
    }
    track_forget(&f.track, c[1]);
    assert_ptr_equal(c[2]->before, c[0]);
    track_forget(&f.track, c[3]);
    track_forget(&f.track, c[0]);
    assert_null(c[2]->before);
}

static void forgotten_conversations_are_gone(void **state)
{
    (void)state;
    track_fixture_open(&f, 100);
    track_forget(&f.track, f.verdict.conversation);
    assert_int_equal(count_all(), 0);
    assert_null(track_next(&f.track, NULL));
    assert_int_equal(track_fixture_segment(&f, C, ACK, 1, 1, 0), TRACK_NEW | TRACK_ORPHAN);
}

/* Many conversations at once, in any order: each counts its own packets and no others. */
static void conversations_do_not_mix(void **state)
{
    (void)state;
    enum { PORTS = 300 };
    static uint64_t packets[PORTS][2];
    memset(packets, 0, sizeof packets);
    track_fixture_deinit(&f);
    track_fixture_init(&f, PORTS);
    uint64_t random = 1;
    for (uint32_t i = 0; i < 20000; i++) {
        random = hash_mix64(random + i);
        const uint32_t which = (uint32_t)(random % PORTS);
        const int from = (int)(random >> 32 & 1);
        f.port[C] = (uint16_t)(20000 + which / 2);
        f.port[S] = (uint16_t)(which % 2 == 0 ? 80 : 30000);
        track_fixture_segment(&f, from, ACK, 1, 1, 10);
        packets[which][from]++;
        const struct track_conversation *c = f.verdict.conversation;
        const int first = c->end[0].port == f.port[C] ? C : S;
        assert_int_equal(c->way[0].segments, packets[which][first]);
        assert_int_equal(c->way[1].segments, packets[which][first ^ 1]);
    }
    assert_int_equal(f.track.evicted, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(both_directions_are_one_conversation), TEST(another_syn_is_another_incarnation),
        TEST(strangers_are_joined_in_the_middle),   TEST(a_syn_ack_tells_who_began),
        TEST(datagrams_and_pings_are_counted),      TEST(the_closed_and_the_quiet_make_room),
        TEST(a_full_table_of_one_can_begin_anew),   TEST(incarnations_hang_together),
        TEST(forgotten_conversations_are_gone),     TEST(conversations_do_not_mix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
