/* udp/udp_table: the closest match wins; what would take another's datagrams is not free. */
#include "ip_text.h"

#include "udp/udp_table.h"

static struct udp_table table;
static struct udp_socket sockets[8];

static struct udp_tuple tuple_of(const char *local, uint16_t port, const char *remote,
                                 uint16_t remote_port)
{
    return (struct udp_tuple){.local = addr_of(local),
                              .remote = addr_of(remote),
                              .local_port = port,
                              .remote_port = remote_port};
}

static struct udp_socket *add(uint32_t index, struct udp_tuple tuple)
{
    sockets[index] = (struct udp_socket){.tuple = tuple};
    udp_table_add(&table, &sockets[index]);
    return &sockets[index];
}

static struct udp_socket *match(const char *local, uint16_t port, const char *remote)
{
    const struct udp_tuple tuple = tuple_of(local, port, remote, 9);
    return udp_table_match(&table, &tuple);
}

static int start(void **state)
{
    (void)state;
    const struct hash_key key = {1, 2};
    return udp_table_init(&table, 10, &key);
}

static int end(void **state)
{
    (void)state;
    udp_table_deinit(&table);
    return 0;
}

static void the_closest_match_wins(void **state)
{
    (void)state;
    struct udp_socket *any = add(0, tuple_of("::", 53, "::", 0));
    assert_ptr_equal(match("10.0.0.1", 53, "10.0.0.2"), any); /* of both versions */
    assert_ptr_equal(match("fd00::1", 53, "fd00::2"), any);
    assert_null(match("10.0.0.1", 54, "10.0.0.2"));
    any->is_v6_only = true;
    assert_null(match("10.0.0.1", 53, "10.0.0.2"));
    struct udp_socket *any_v4 = add(1, tuple_of("0.0.0.0", 53, "::", 0));
    assert_ptr_equal(match("10.0.0.1", 53, "10.0.0.2"), any_v4);
    struct udp_socket *bound = add(2, tuple_of("10.0.0.1", 53, "::", 0));
    assert_ptr_equal(match("10.0.0.1", 53, "10.0.0.2"), bound);
    struct udp_socket *connected = add(3, tuple_of("10.0.0.1", 53, "10.0.0.2", 9));
    assert_ptr_equal(match("10.0.0.1", 53, "10.0.0.2"), connected);
    assert_ptr_equal(match("10.0.0.1", 53, "10.0.0.3"), bound);
    assert_ptr_equal(match("10.0.0.7", 53, "10.0.0.3"), any_v4);
    udp_table_remove(&table, connected);
    assert_ptr_equal(match("10.0.0.1", 53, "10.0.0.2"), bound);
}

static bool is_free(const char *local, bool is_v6_only)
{
    const struct udp_tuple tuple = tuple_of(local, 53, "::", 0);
    return udp_table_is_free(&table, &tuple, is_v6_only);
}

static void wildcards_that_overlap_are_not_free(void **state)
{
    (void)state;
    assert_true(is_free("::", false));
    struct udp_socket *any = add(0, tuple_of("::", 53, "::", 0));
    assert_false(is_free("::", true));
    assert_false(is_free("0.0.0.0", false));
    assert_true(is_free("10.0.0.1", false));
    any->is_v6_only = true;
    assert_true(is_free("0.0.0.0", false));
    udp_table_remove(&table, any);
    (void)add(1, tuple_of("0.0.0.0", 53, "::", 0));
    assert_false(is_free("::", false));
    assert_true(is_free("::", true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_closest_match_wins, start, end),
        cmocka_unit_test_setup_teardown(wildcards_that_overlap_are_not_free, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
