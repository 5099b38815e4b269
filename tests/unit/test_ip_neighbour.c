/* ip/ip_neighbour: the moves of the state machine, its bounds, and who may make or change an
 * entry. */
#include "ip_text.h"

#include <errno.h>

#include "ip/ip_neighbour.h"

#define S UINT64_C(1000000)

struct setup {
    struct wheel wheel;
    uint32_t generation;
    struct ip_neighbours cache;
    struct ip_neighbour *n;
    struct ip_addr addr;
};

static struct setup *start_with(const struct ip_neighbours_config *config)
{
    static struct setup s;
    const struct hash_key key = {5, 6};
    wheel_init(&s.wheel, 0);
    s.generation = 1;
    s.n = NULL;
    s.addr = addr_of("10.0.0.2");
    assert_int_equal(ip_neighbours_init(&s.cache, config, &s.wheel, &s.generation, &key), 0);
    return &s;
}

static struct setup *start(void)
{
    struct ip_neighbours_config config;
    ip_neighbours_config_default(&config);
    return start_with(&config);
}

static void end(struct setup *s)
{
    ip_neighbours_deinit(&s->cache);
    assert_int_equal(wheel_next_deadline(&s->wheel), TIME_NEVER);
}

static enum ip_neighbour_action use(struct setup *s, uint64_t now_us)
{
    return ip_neighbour_use(&s->cache, 1, &s->addr, &s->n, now_us);
}

static enum ip_neighbour_action advertise(struct setup *s, uint8_t mac, bool solicited,
                                          bool override, uint64_t now_us)
{
    const struct ip_neighbour_advert said = {.link_addr = mac_of(mac),
                                             .has_link_addr = mac != 0,
                                             .is_solicited = solicited,
                                             .is_override = override};
    return ip_neighbour_advertised(&s->cache, 1, &s->addr, &said, &s->n, now_us);
}

/* Runs the one timer that is due by `now_us`. */
static enum ip_neighbour_action fire(struct setup *s, uint64_t now_us)
{
    struct wheel_node *node = wheel_expire(&s->wheel, now_us);
    assert_non_null(node);
    return ip_neighbour_timer(&s->cache, ip_timer_of(node), &s->n, now_us);
}

static void wait_bytes(struct setup *s, uint8_t mark, uint32_t len, enum drop_reason expected)
{
    static uint8_t bytes[4096];
    bytes[0] = mark;
    struct frame frame;
    frame_init(&frame);
    assert_true(gather_add(&frame.bytes, span_of(bytes, len)));
    assert_int_equal(ip_neighbour_wait(&s->cache, s->n, &frame), expected);
}

static uint8_t next_mark(struct setup *s)
{
    struct ip_neighbour_packet *packet = ip_neighbour_packet_next(s->n);
    if (packet == NULL) return 0;
    const uint8_t mark = packet->data[0];
    ip_neighbour_packet_free(&s->cache, packet);
    return mark;
}

static void resolves_and_sends_what_waited(void **state)
{
    (void)state;
    struct setup *s = start();
    assert_int_equal(use(s, 0), IP_NEIGHBOUR_SOLICIT);
    assert_false(ip_neighbour_is_usable(s->n));
    wait_bytes(s, 1, 60, DROP_NONE);
    assert_int_equal(use(s, 1), IP_NEIGHBOUR_NOTHING);
    wait_bytes(s, 2, 60, DROP_NONE);
    assert_int_equal(advertise(s, 9, true, true, 10), IP_NEIGHBOUR_SEND);
    assert_int_equal(s->n->state, IP_NEIGHBOUR_REACHABLE);
    assert_int_equal(next_mark(s), 1);
    assert_int_equal(next_mark(s), 2);
    assert_int_equal(next_mark(s), 0);
    end(s);
}

static void asks_three_times_then_reports(void **state)
{
    (void)state;
    struct setup *s = start();
    assert_int_equal(use(s, 0), IP_NEIGHBOUR_SOLICIT);
    wait_bytes(s, 1, 60, DROP_NONE);
    assert_int_equal(fire(s, 1 * S), IP_NEIGHBOUR_SOLICIT);
    assert_int_equal(fire(s, 2 * S), IP_NEIGHBOUR_SOLICIT);
    const uint32_t before = s->generation;
    assert_int_equal(fire(s, 3 * S), IP_NEIGHBOUR_REPORT);
    assert_int_not_equal(s->generation, before);
    assert_int_equal(next_mark(s), 1);
    assert_int_equal(use(s, 4 * S), IP_NEIGHBOUR_SOLICIT); /* the next packet tries again */
    end(s);
}

static void goes_stale_and_is_probed_when_used(void **state)
{
    (void)state;
    struct setup *s = start();
    (void)use(s, 0);
    (void)advertise(s, 9, true, true, 0);
    const uint64_t stale_us = wheel_next_deadline(&s->wheel);
    assert_in_range(stale_us, 15 * S, 45 * S);
    const uint32_t before = s->generation;
    assert_int_equal(fire(s, stale_us), IP_NEIGHBOUR_NOTHING);
    assert_int_equal(s->n->state, IP_NEIGHBOUR_STALE);
    assert_int_not_equal(s->generation, before); /* so that the next packet comes by here */
    assert_int_equal(use(s, 60 * S), IP_NEIGHBOUR_NOTHING);
    assert_int_equal(s->n->state, IP_NEIGHBOUR_DELAY);
    assert_int_equal(fire(s, 65 * S), IP_NEIGHBOUR_ASK);
    assert_int_equal(fire(s, 66 * S), IP_NEIGHBOUR_ASK);
    assert_int_equal(fire(s, 67 * S), IP_NEIGHBOUR_ASK);
    assert_true(ip_neighbour_is_usable(s->n));
    assert_int_equal(fire(s, 68 * S), IP_NEIGHBOUR_REPORT);
    end(s);
}

static void upper_layers_and_answers_confirm(void **state)
{
    (void)state;
    struct setup *s = start();
    (void)use(s, 0);
    (void)advertise(s, 9, false, true, 0);
    assert_int_equal(s->n->state, IP_NEIGHBOUR_STALE);
    (void)use(s, 1);
    ip_neighbour_confirm(&s->cache, s->n, 2);
    assert_int_equal(s->n->state, IP_NEIGHBOUR_REACHABLE);
    (void)fire(s, 60 * S);
    (void)use(s, 60 * S);
    assert_int_equal(fire(s, 65 * S), IP_NEIGHBOUR_ASK);
    assert_int_equal(advertise(s, 0, true, false, 65 * S), IP_NEIGHBOUR_NOTHING);
    assert_int_equal(s->n->state, IP_NEIGHBOUR_REACHABLE);
    end(s);
}

static void the_unasked_make_no_entries(void **state)
{
    (void)state;
    struct setup *s = start();
    assert_int_equal(advertise(s, 9, true, true, 0), IP_NEIGHBOUR_NOTHING);
    assert_null(s->n);
    assert_int_equal(s->cache.entries.in_use, 0);
    end(s);
}

static void without_override_another_address_only_raises_doubt(void **state)
{
    (void)state;
    struct setup *s = start();
    (void)use(s, 0);
    (void)advertise(s, 9, true, true, 0);
    uint32_t before = s->generation;
    (void)advertise(s, 8, true, false, 1);
    assert_int_equal(s->n->state, IP_NEIGHBOUR_STALE);
    assert_int_equal(s->n->link_addr.bytes[5], 9);
    assert_int_not_equal(s->generation, before);
    before = s->generation;
    (void)advertise(s, 8, false, true, 2);
    assert_int_equal(s->n->state, IP_NEIGHBOUR_STALE);
    assert_int_equal(s->n->link_addr.bytes[5], 8);
    assert_int_not_equal(s->generation, before);
    end(s);
}

static void who_asks_for_us_is_known(void **state)
{
    (void)state;
    struct setup *s = start();
    const struct eth_addr mac = mac_of(7);
    assert_int_equal(ip_neighbour_heard(&s->cache, 1, &s->addr, &mac, &s->n, 0), IP_NEIGHBOUR_SEND);
    assert_int_equal(s->n->state, IP_NEIGHBOUR_STALE);
    assert_int_equal(ip_neighbour_heard(&s->cache, 1, &s->addr, &mac, &s->n, 0),
                     IP_NEIGHBOUR_NOTHING);
    assert_int_equal(use(s, 1), IP_NEIGHBOUR_NOTHING);
    assert_int_equal(s->n->state, IP_NEIGHBOUR_DELAY);
    end(s);
}

static void permanent_entries_do_not_move(void **state)
{
    (void)state;
    struct setup *s = start();
    const struct eth_addr mac = mac_of(7);
    assert_int_equal(ip_neighbour_set_permanent(&s->cache, 1, &s->addr, &mac), 0);
    assert_int_equal(use(s, 0), IP_NEIGHBOUR_NOTHING);
    (void)advertise(s, 9, true, true, 1);
    assert_int_equal(s->n->link_addr.bytes[5], 7);
    assert_int_equal(wheel_next_deadline(&s->wheel), TIME_NEVER);
    end(s);
}

static void queues_are_bounded(void **state)
{
    (void)state;
    struct ip_neighbours_config config;
    ip_neighbours_config_default(&config);
    config.waiting_max = 2;
    config.packets_max = 3;
    struct setup *s = start_with(&config);
    (void)use(s, 0);
    wait_bytes(s, 1, 2049, DROP_NEIGHBOUR_QUEUE_FULL);
    wait_bytes(s, 1, 60, DROP_NONE);
    wait_bytes(s, 2, 60, DROP_NONE);
    wait_bytes(s, 3, 2048, DROP_NEIGHBOUR_QUEUE_FULL); /* the oldest went */
    struct ip_neighbour *first = s->n;
    s->addr = addr_of("10.0.0.3");
    (void)use(s, 0);
    wait_bytes(s, 4, 60, DROP_NONE);
    wait_bytes(s, 5, 60, DROP_NEIGHBOUR_QUEUE_FULL); /* its own oldest, not another's */
    assert_int_equal(next_mark(s), 5);
    s->n = first;
    assert_int_equal(next_mark(s), 2);
    assert_int_equal(next_mark(s), 3);
    end(s);
}

static void the_table_is_bounded(void **state)
{
    (void)state;
    struct ip_neighbours_config config;
    ip_neighbours_config_default(&config);
    config.entries_max = 4;
    struct setup *s = start_with(&config);
    for (uint32_t i = 0; i < 4; i++) {
        s->addr = ip_addr_from_v4(0x0a000010 + i);
        assert_int_equal(use(s, 0), IP_NEIGHBOUR_SOLICIT);
        if (i != 2) wait_bytes(s, 1, 60, DROP_NONE);
    }
    s->addr = addr_of("10.0.1.1");
    assert_int_equal(use(s, 0), IP_NEIGHBOUR_SOLICIT); /* takes the place of the one nobody needs */
    wait_bytes(s, 1, 60, DROP_NONE);
    const struct ip_addr gone = ip_addr_from_v4(0x0a000012);
    assert_null(ip_neighbour_find(&s->cache, 1, &gone));
    s->addr = addr_of("10.0.1.2");
    assert_int_equal(use(s, 0), IP_NEIGHBOUR_NOTHING);
    assert_null(s->n);
    end(s);
}

static void a_late_answer_still_counts(void **state)
{
    (void)state;
    struct setup *s = start();
    (void)use(s, 0);
    for (uint64_t t = 1; t <= 3; t++) (void)fire(s, t * S);
    assert_int_equal(s->n->state, IP_NEIGHBOUR_FAILED);
    assert_int_equal(advertise(s, 9, false, true, 4 * S), IP_NEIGHBOUR_NOTHING);
    assert_int_equal(s->n->state, IP_NEIGHBOUR_FAILED);
    assert_int_equal(advertise(s, 9, true, true, 4 * S), IP_NEIGHBOUR_SEND);
    assert_int_equal(s->n->state, IP_NEIGHBOUR_REACHABLE);
    end(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resolves_and_sends_what_waited),
        cmocka_unit_test(asks_three_times_then_reports),
        cmocka_unit_test(goes_stale_and_is_probed_when_used),
        cmocka_unit_test(upper_layers_and_answers_confirm),
        cmocka_unit_test(the_unasked_make_no_entries),
        cmocka_unit_test(without_override_another_address_only_raises_doubt),
        cmocka_unit_test(who_asks_for_us_is_known),
        cmocka_unit_test(permanent_entries_do_not_move),
        cmocka_unit_test(queues_are_bounded),
        cmocka_unit_test(the_table_is_bounded),
        cmocka_unit_test(a_late_answer_still_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
