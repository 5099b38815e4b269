/*
 * resolv.conf and nsswitch.conf as they are found in the wild.
 */
#include "support.h"

#include <net/if.h>

#include "gateway/dns_conf.h"

static void assert_server(const struct vitro_endpoint *server, const char *text)
{
    char out[VITRO_IP_TEXT_MAX];
    (void)vitro_ip_format(&server->ip, out);
    assert_string_equal(out, text);
    assert_int_equal(server->port, 53);
}

static void test_reads_servers(void **state)
{
    (void)state;
    struct vitro_endpoint server[GATEWAY_RESOLVERS_MAX];
    const uint32_t count = dns_read_resolv_conf("# made by hand\n"
                                                "; nameserver 192.0.2.9\n"
                                                "#nameserver 192.0.2.8\n"
                                                "domain example.org\n"
                                                "nameserver\t 192.0.2.1\r\n"
                                                "  nameserver 2001:db8::53 # second\n"
                                                "nameserver\n"
                                                "nameserver dns.example.org\n"
                                                "nameservers 192.0.2.7\n"
                                                "options edns0 trust-ad\n"
                                                "nameserver 127.0.0.53\n"
                                                "nameserver 192.0.2.4",
                                                server);
    assert_int_equal(count, 3);
    assert_server(&server[0], "192.0.2.1");
    assert_server(&server[1], "2001:db8::53");
    assert_server(&server[2], "127.0.0.53");
}

static void test_without_servers_asks_this_host(void **state)
{
    (void)state;
    struct vitro_endpoint server[GATEWAY_RESOLVERS_MAX];
    static const char *const texts[] = {"", "\n\n", "search example.org", "nameserver nonsense\n",
                                        NULL};
    for (uint32_t i = 0; i < ARRAY_COUNT(texts); i++) {
        assert_int_equal(dns_read_resolv_conf(texts[i], server), 1);
        assert_server(&server[0], "127.0.0.1");
    }
}

static void test_reads_zones(void **state)
{
    (void)state;
    struct vitro_endpoint server[GATEWAY_RESOLVERS_MAX];
    assert_int_equal(dns_read_resolv_conf("nameserver fe80::1%lo\nnameserver fe80::2%7\n"
                                          "nameserver fe80::3%nosuchdevice0\n",
                                          server),
                     3);
    assert_server(&server[0], "fe80::1");
    assert_int_equal(server[0].zone, if_nametoindex("lo"));
    assert_int_equal(server[1].zone, 7);
    assert_int_equal(server[2].zone, 0);
}

static void make_addresses(struct policy_addresses *addresses)
{
    const struct vitro_ip network = vitro_ip_v4(10, 0, 2, 0);
    policy_addresses_init(addresses, &network, true);
}

static void test_writes_resolv_conf(void **state)
{
    (void)state;
    struct policy_addresses addresses;
    char out[1024];
    make_addresses(&addresses);
    const size_t len = dns_write_resolv_conf("nameserver 192.0.2.1\n"
                                             "domain old.example\n"
                                             "options ndots:2\n"
                                             "search a.example b.example c.example\n"
                                             "options edns0",
                                             &addresses, out, sizeof out);
    assert_int_equal(len, strlen(out));
    const char *lines = strchr(out, '\n') + 1; /* behind the comment */
    assert_int_equal(out[0], '#');
    assert_string_equal(lines, "nameserver 10.0.2.3\n"
                               "options ndots:2\n"
                               "options edns0\n"
                               "search a.example b.example c.example\n");
    assert_true(dns_write_resolv_conf(NULL, &addresses, out, sizeof out) > 0);
    assert_string_equal(strchr(out, '\n') + 1, "nameserver 10.0.2.3\n");
    assert_int_equal(dns_write_resolv_conf("search x\n", &addresses, out, 8), 7);
    assert_int_equal(strlen(out), 7);
}

static void check_hosts(const char *before, const char *after)
{
    char out[1024];
    const size_t len = dns_write_nsswitch(before, out, sizeof out);
    assert_string_equal(out, after);
    assert_int_equal(len, strlen(after));
}

static void test_writes_nsswitch(void **state)
{
    (void)state;
    check_hosts("hosts: files mymachines mdns4_minimal [NOTFOUND=return] resolve "
                "[!UNAVAIL=return] files myhostname dns\n",
                "hosts: files myhostname dns\n");
    check_hosts("passwd: files systemd\n# a comment\nhosts:\t\tfiles dns\nnetworks: files",
                "passwd: files systemd\n# a comment\nhosts: files dns\nnetworks: files\n");
    check_hosts("hosts: resolve [ !UNAVAIL=return ] files # dns is last\n", "hosts: files dns\n");
    check_hosts("hosts:files mdns\n", "hosts: files dns\n");
    check_hosts("hosts:", "hosts: dns\n");
    check_hosts("hosts: [NOTFOUND=return", "hosts: dns\n");
    check_hosts("hosts: [", "hosts: dns\n");
    check_hosts("hosts: files [NOTFOUND=return]dns wins\n", "hosts: files dns\n");
    check_hosts(NULL, "hosts: files dns\n");
    check_hosts("passwd: files\n", "passwd: files\nhosts: files dns\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_servers),
        cmocka_unit_test(test_without_servers_asks_this_host),
        cmocka_unit_test(test_reads_zones),
        cmocka_unit_test(test_writes_resolv_conf),
        cmocka_unit_test(test_writes_nsswitch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
