/*
 * A program that asks, and resolvers on the host's loopback.
 */
#include "dns_fixture.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "gateway/host_socket.h"

/* A listener and a UDP socket on one port. */
static void open_resolver(struct dns_fixture *f, uint32_t which)
{
    uint16_t port = 0;
    struct sockaddr_storage address;
    for (int tries = 0; tries < 100; tries++) {
        f->tcp[which] = fixture_host_listen(&port);
        f->resolver[which] = vitro_endpoint_of(vitro_ip_v4(127, 0, 0, 1), port);
        const socklen_t len = host_address(&f->resolver[which], &address);
        f->udp[which] = host_socket_open(&f->resolver[which], SOCK_DGRAM);
        assert_true(f->udp[which] >= 0);
        if (bind(f->udp[which], (const struct sockaddr *)&address, len) == 0) return;
        close(f->udp[which]);
        close(f->tcp[which]);
    }
    fail_msg("no port is free for both");
}

struct dns_fixture *dns_setup(uint32_t resolver_count)
{
    struct dns_fixture *f = calloc(1, sizeof *f);
    struct gateway_config config;
    assert_non_null(f);
    f->resolver_count = resolver_count;
    fixture_config(&config);
    config.resolver_count = resolver_count;
    for (uint32_t i = 0; i < resolver_count; i++) {
        open_resolver(f, i);
        config.resolver[i] = f->resolver[i];
    }
    fixture_setup(&f->fixture, &config);
    f->server.remote = vitro_endpoint_of(config.policy.addresses.dns[0], DNS_PORT);
    assert_int_equal(vitro_udp_open(f->fixture.program, 0, &f->socket), 0);
    return f;
}

void dns_teardown(struct dns_fixture *f)
{
    fixture_teardown(&f->fixture);
    for (uint32_t i = 0; i < f->resolver_count; i++) {
        if (f->udp[i] >= 0) close(f->udp[i]);
        if (f->tcp[i] >= 0) close(f->tcp[i]);
    }
    free(f);
}

size_t dns_query(uint8_t *out, size_t cap, const char *name, uint16_t type, uint16_t id)
{
    static const uint8_t header[DNS_HEADER_BYTES] = {0, 0, 0x01, 0x00, 0, 1};
    memcpy(out, header, sizeof header);
    put_be16(out, id);
    size_t len = sizeof header;
    len += dns_name_emit(name, out + len, cap - len);
    put_be16(out + len, type);
    put_be16(out + len + 2, DNS_CLASS_IN);
    return len + 4;
}

void dns_ask(struct dns_fixture *f, const char *name, uint16_t type, uint16_t id)
{
    uint8_t query[512];
    const size_t len = dns_query(query, sizeof query, name, type, id);
    assert_int_equal(
        vitro_udp_send(f->fixture.program, f->socket, &f->server, query, len, poll_now_us()), len);
}

const char *dns_hear(struct dns_fixture *f, uint64_t wait_us)
{
    static char brief[64];
    const uint64_t until_us = poll_now_us() + wait_us;
    brief[0] = '\0';
    do {
        struct vitro_datagram datagram;
        const int64_t len = vitro_udp_receive(f->fixture.program, f->socket, f->answer,
                                              sizeof f->answer, &datagram);
        if (len >= 0) {
            assert_true(vitro_ip_equal(&datagram.flow.remote.ip, &f->server.remote.ip));
            assert_int_equal(datagram.flow.remote.port, DNS_PORT);
            f->answer_len = (size_t)len;
            dns_brief(span_of(f->answer, f->answer_len), brief, sizeof brief);
            return brief;
        }
        fixture_step(&f->fixture);
    } while (poll_now_us() < until_us);
    return brief;
}

bool dns_resolver_hears(struct dns_fixture *f, uint32_t which, uint64_t wait_us)
{
    const uint64_t until_us = poll_now_us() + wait_us;
    do {
        socklen_t len = sizeof f->asker;
        const ssize_t n = recvfrom(f->udp[which], f->query, sizeof f->query, 0,
                                   (struct sockaddr *)&f->asker, &len);
        if (n >= 0) {
            f->query_len = (size_t)n;
            return true;
        }
        fixture_step(&f->fixture);
    } while (poll_now_us() < until_us);
    return false;
}

size_t dns_answer_to(struct dns_fixture *f, enum dns_code code, uint8_t *out, size_t cap)
{
    static const uint8_t ip[4] = {192, 0, 2, 7};
    const struct span query = span_of(f->query, f->query_len);
    struct dns_question question;
    struct dns_reply reply;
    assert_true(dns_question_parse(query, &question));
    dns_reply_init(&reply, out, cap, query, &question, code);
    if (code == DNS_NOERROR) dns_reply_add(&reply, DNS_TYPE_A, 60, span_of(ip, sizeof ip));
    return reply.len;
}

void dns_resolver_says(struct dns_fixture *f, uint32_t which, enum dns_code code)
{
    uint8_t answer[512];
    const size_t len = dns_answer_to(f, code, answer, sizeof answer);
    assert_int_equal(sendto(f->udp[which], answer, len, 0, (const struct sockaddr *)&f->asker,
                            sizeof(struct sockaddr_in)),
                     len);
}
