/*
 * What base/ keeps in headers only: helpers, numbers in byte order, spans, rings.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/base.h"

#include <string.h>

static void test_smaller_and_larger(void **state)
{
    (void)state;
    assert_int_equal(u32_min(1, 2), 1);
    assert_int_equal(u32_max(1, UINT32_MAX), UINT32_MAX);
    assert_int_equal(u64_min(TIME_NEVER, 5), 5);
    assert_int_equal(u64_max(TIME_NEVER, 5), TIME_NEVER);
    assert_int_equal(size_min(3, 3), 3);
}

static void test_container_is_found_from_its_field(void **state)
{
    (void)state;
    struct wheel_node node[2];
    assert_ptr_equal(CONTAINER_OF(&node[1].deadline_us, struct wheel_node, deadline_us), &node[1]);
    assert_int_equal(ARRAY_COUNT(node), 2);
}

static void test_numbers_at_any_alignment(void **state)
{
    (void)state;
    const uint8_t up[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x88};
    const uint8_t down[] = {0x88, 0x07, 0x06, 0x05, 0x04, 0x03, 0x02, 0x01};
    for (size_t shift = 0; shift < 8; shift++) {
        uint8_t bytes[16];
        uint8_t *p = bytes + shift;
        put_be64(p, 0x0102030405060788u);
        assert_memory_equal(p, up, 8);
        assert_int_equal(get_be64(p), 0x0102030405060788u);
        assert_int_equal(get_be32(p + 4), 0x05060788u);
        assert_int_equal(get_be16(p + 6), 0x0788u);
        assert_int_equal(get_le32(p + 4), 0x88070605u);
        put_le64(p, 0x0102030405060788u);
        assert_memory_equal(p, down, 8);
        assert_int_equal(get_le64(p), 0x0102030405060788u);
        put_be16(p, 0x0102);
        put_be32(p + 2, 0x03040506);
        put_be16(p + 6, 0x0788);
        assert_memory_equal(p, up, 8);
        put_le32(p, 0x05060788);
        put_le16(p + 4, 0x0304);
        put_le16(p + 6, 0x0102);
        assert_memory_equal(p, down, 8);
    }
}

static void test_span_is_cut_to_what_there_is(void **state)
{
    (void)state;
    uint8_t bytes[10] = {0};
    struct span s = span_of(bytes, sizeof(bytes));
    assert_ptr_equal(span_slice(s, 3, 4).data, bytes + 3);
    assert_int_equal(span_slice(s, 3, 4).len, 4);
    assert_int_equal(span_slice(s, 8, 4).len, 2);
    assert_int_equal(span_slice(s, 8, SIZE_MAX).len, 2);
    assert_int_equal(span_slice(s, 10, 1).len, 0);
    assert_int_equal(span_slice(s, SIZE_MAX, SIZE_MAX).len, 0);
    assert_ptr_equal(span_from(s, 4).data, bytes + 4);
    assert_int_equal(span_from(s, 4).len, 6);
    assert_int_equal(span_from(span_of(NULL, 0), 0).len, 0);
    struct span_mut m = span_mut_slice(span_mut_of(bytes, 10), 6, 9);
    assert_ptr_equal(m.data, bytes + 6);
    assert_int_equal(span_from_mut(m).len, 4);
    assert_int_equal(span_mut_slice(m, 4, 1).len, 0);
}

/* The ring holds exactly the links whose numbers the string spells, forth and back. */
static void check_order(const struct list *head, const struct list *links, const char *order)
{
    const struct list *prev = head;
    for (const struct list *at = list_first(head); at != NULL; at = list_next(head, at)) {
        assert_int_equal(at - links, *order++ - '0');
        assert_ptr_equal(at->prev, prev);
        prev = at;
    }
    assert_int_equal(*order, '\0');
    assert_ptr_equal(list_last(head), prev == head ? NULL : prev);
}

static void test_ring_keeps_order(void **state)
{
    (void)state;
    struct list head, other, link[6];
    list_init(&head);
    list_init(&other);
    for (int i = 0; i < 6; i++) list_init(&link[i]);
    assert_true(list_is_empty(&head));
    assert_null(list_first(&head));
    assert_null(list_last(&head));
    assert_null(list_pop_front(&head));
    list_push_back(&head, &link[1]);
    list_push_back(&head, &link[2]);
    list_push_front(&head, &link[0]);
    list_insert_before(&link[2], &link[3]);
    check_order(&head, link, "0132");
    list_remove(&link[1]);
    list_remove(&link[1]);
    assert_true(list_is_empty(&link[1]));
    check_order(&head, link, "032");
    assert_ptr_equal(list_pop_front(&head), &link[0]);
    list_push_back(&other, &link[4]);
    list_push_back(&other, &link[5]);
    list_splice_back(&head, &other);
    check_order(&head, link, "3245");
    check_order(&other, link, "");
    list_splice_back(&head, &other);
    check_order(&head, link, "3245");
    list_splice_back(&other, &head);
    check_order(&other, link, "3245");
    check_order(&head, link, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_smaller_and_larger),
        cmocka_unit_test(test_container_is_found_from_its_field),
        cmocka_unit_test(test_numbers_at_any_alignment),
        cmocka_unit_test(test_span_is_cut_to_what_there_is),
        cmocka_unit_test(test_ring_keeps_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
