/*
 * Names of addresses: the last one learnt is found, the oldest gives way.
 */
#include "support.h"

#include <stdio.h>

#include "gateway/names.h"

static struct vitro_ip numbered(uint32_t i)
{
    return vitro_ip_v4(10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i);
}

static void test_learns_and_forgets_nothing_of_few(void **state)
{
    (void)state;
    struct names *names = names_create();
    const struct vitro_ip v4 = vitro_ip_v4(192, 0, 2, 7);
    struct vitro_ip v6;
    assert_int_equal(vitro_ip_parse("2001:db8::7", &v6), 0);
    assert_null(names_find(names, &v4));
    names_learn(names, &v4, "example.org");
    names_learn(names, &v6, "six.example.org");
    assert_string_equal(names_find(names, &v4), "example.org");
    assert_string_equal(names_find(names, &v6), "six.example.org");
    names_learn(names, &v4, "other.example.org");
    assert_string_equal(names_find(names, &v4), "other.example.org");
    names_learn(names, &v4, names_find(names, &v4));
    assert_string_equal(names_find(names, &v4), "other.example.org");
    names_destroy(names);
}

static void test_cuts_a_long_name(void **state)
{
    (void)state;
    struct names *names = names_create();
    const struct vitro_ip ip = numbered(1);
    char name[300];
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    names_learn(names, &ip, name);
    assert_int_equal(strlen(names_find(names, &ip)), NAME_BYTES_MAX - 1);
    names_destroy(names);
}

static void test_oldest_gives_way(void **state)
{
    (void)state;
    struct names *names = names_create();
    char name[32];
    for (uint32_t i = 0; i < NAMES_MAX; i++) {
        const struct vitro_ip ip = numbered(i);
        (void)snprintf(name, sizeof name, "host%u", i);
        names_learn(names, &ip, name);
    }
    /* The first is learnt again and so is the newest; then 100 more push out 1 to 100. */
    struct vitro_ip ip = numbered(0);
    names_learn(names, &ip, "again");
    for (uint32_t i = 0; i < 100; i++) {
        ip = numbered(NAMES_MAX + i);
        names_learn(names, &ip, "new");
    }
    ip = numbered(0);
    assert_string_equal(names_find(names, &ip), "again");
    for (uint32_t i = 1; i < NAMES_MAX + 100; i++) {
        ip = numbered(i);
        const char *found = names_find(names, &ip);
        assert_true((found == NULL) == (i <= 100));
    }
    names_destroy(names);
    names_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_learns_and_forgets_nothing_of_few),
        cmocka_unit_test(test_cuts_a_long_name),
        cmocka_unit_test(test_oldest_gives_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
