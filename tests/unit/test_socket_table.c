/*
 * The socket table against a naive model; handles that go stale; the ready queue.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "socket/socket_table.h"

static void a_handle_dies_with_its_socket(void **state)
{
    (void)state;
    struct socket_table table;
    socket_table_init(&table, 10);
    assert_null(socket_table_get(&table, 0));
    struct socket *s = socket_table_take(&table, SOCKET_UDP);
    const uint64_t handle = socket_handle(s);
    assert_true(handle != 0);
    assert_ptr_equal(socket_table_get(&table, handle), s);
    assert_null(socket_table_get(&table, handle + 1));
    assert_null(socket_table_get(&table, handle ^ UINT64_C(1) << 40));
    socket_table_give(&table, s);
    assert_null(socket_table_get(&table, handle));
    /* not even with the generation it has now, while nobody has it */
    assert_null(socket_table_get(&table, socket_handle(s)));
    assert_ptr_equal(socket_table_take(&table, SOCKET_PING), s);
    assert_null(socket_table_get(&table, handle));
    socket_table_deinit(&table);
}

static void generations_skip_zero(void **state)
{
    (void)state;
    struct socket_table table;
    socket_table_init(&table, 10);
    struct socket *s = socket_table_take(&table, SOCKET_UDP);
    s->generation = UINT32_MAX;
    socket_table_give(&table, s);
    assert_ptr_equal(socket_table_take(&table, SOCKET_UDP), s);
    assert_int_equal(s->generation, 1);
    socket_table_deinit(&table);
}

static void the_limit_holds_and_blocks_do_not_move(void **state)
{
    (void)state;
    enum { MANY = 10000 };
    struct socket_table table;
    struct socket **all = calloc(MANY, sizeof(*all));
    socket_table_init(&table, MANY);
    for (uint32_t i = 0; i < MANY; i++) {
        all[i] = socket_table_take(&table, SOCKET_TCP_CONN);
        assert_non_null(all[i]);
    }
    assert_null(socket_table_take(&table, SOCKET_TCP_CONN));
    for (uint32_t i = 0; i < MANY; i++)
        assert_ptr_equal(socket_table_get(&table, socket_handle(all[i])), all[i]);
    assert_int_equal(table.count, MANY);
    socket_table_deinit(&table);
    free(all);
}

#define MODEL_SOCKETS 64u

/* Random takes, gives, marks and pops, next to a plain array as the queue. */
static void the_ready_queue_is_a_queue(void **state)
{
    (void)state;
    struct socket_table table;
    struct socket *live[MODEL_SOCKETS] = {NULL};
    struct socket *queue[MODEL_SOCKETS];
    uint32_t queued = 0;
    struct rng rng;
    rng_seed(&rng, 1);
    socket_table_init(&table, MODEL_SOCKETS);
    for (uint32_t round = 0; round < 200000; round++) {
        const uint32_t i = (uint32_t)rng_below(&rng, MODEL_SOCKETS);
        if (live[i] == NULL) {
            live[i] = socket_table_take(&table, SOCKET_UDP);
            assert_non_null(live[i]);
            continue;
        }
        uint32_t at = 0;
        while (at < queued && queue[at] != live[i]) at++;
        switch (rng_below(&rng, 3)) {
        case 0:
            socket_table_mark(&table, live[i]);
            if (at == queued) queue[queued++] = live[i];
            break;
        case 1:
            socket_table_give(&table, live[i]);
            if (at < queued) {
                memmove(queue + at, queue + at + 1, (queued - at - 1) * sizeof(*queue));
                queued--;
            }
            live[i] = NULL;
            break;
        default:
            assert_ptr_equal(socket_table_next_ready(&table), queued > 0 ? queue[0] : NULL);
            if (queued > 0) memmove(queue, queue + 1, --queued * sizeof(*queue));
        }
    }
    socket_table_deinit(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_handle_dies_with_its_socket),
        cmocka_unit_test(generations_skip_zero),
        cmocka_unit_test(the_limit_holds_and_blocks_do_not_move),
        cmocka_unit_test(the_ready_queue_is_a_queue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
