/*
 * A gateway and a stack that plays the program, joined by a socket pair.
 */
#define _GNU_SOURCE

#include "gateway_fixture.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/host_socket.h"

static const uint8_t program_mac[6] = {0x02, 0x76, 0x69, 0x74, 0x72, 0x01};

static void program_output(void *owner, uint32_t interface, const struct vitro_frame *frame,
                           uint64_t now_us)
{
    (void)interface;
    (void)now_us;
    struct gateway_fixture *fixture = owner;
    link_send(&fixture->link, frame);
}

static void saw_frame(void *owner, enum gateway_way way, const struct vitro_frame *frame,
                      uint64_t now_us)
{
    (void)frame;
    (void)now_us;
    struct gateway_fixture *fixture = owner;
    fixture->frames[way]++;
}

static void saw_talk(void *owner, const struct talk *talk)
{
    struct gateway_fixture *fixture = owner;
    if (fixture->talk_count < FIXTURE_TALKS_MAX) fixture->talks[fixture->talk_count] = *talk;
    fixture->talk_count++;
}

void fixture_config(struct gateway_config *config)
{
    *config = (struct gateway_config){.link_kind = LINK_PACKET, .mtu_bytes = 1500};
    const struct vitro_ip network = vitro_ip_v4(10, 0, 2, 0);
    policy_addresses_init(&config->policy.addresses, &network, true);
    config->policy.opens_loopback = true;
    vitro_config_default(&config->stack);
    vitro_config_seed(&config->stack, 1);
}

static void make_program(struct gateway_fixture *fixture, const struct policy_addresses *ours)
{
    struct vitro_config config;
    vitro_config_default(&config);
    vitro_config_seed(&config, 2);
    const struct vitro_callbacks callbacks = {.owner = fixture, .output = program_output};
    const uint64_t now_us = poll_now_us();
    fixture->program = vitro_stack_create(&config, &callbacks, now_us);
    assert_non_null(fixture->program);
    struct vitro_interface_config interface = vitro_interface_default(program_mac);
    interface.super_bytes_max = 65000;
    interface.checksum_offload = true;
    fixture->interface = (uint32_t)vitro_interface_add(fixture->program, &interface, now_us);
    for (int v = 0; v < (ours->has_ip6 ? 2 : 1); v++) {
        assert_int_equal(vitro_address_add(fixture->program, fixture->interface, &ours->program[v],
                                           ours->prefix_bits[v], now_us),
                         0);
        const struct vitro_route route = {
            .ip = v == 0 ? vitro_ip_v4(0, 0, 0, 0) : (struct vitro_ip){{0}},
            .gateway = ours->gateway[v],
            .interface = fixture->interface,
        };
        assert_int_equal(vitro_route_add(fixture->program, &route), 0);
    }
}

void fixture_setup(struct gateway_fixture *fixture, const struct gateway_config *config)
{
    struct gateway_config usual;
    *fixture = (struct gateway_fixture){.talk_count = 0};
    if (config == NULL) fixture_config(&usual);
    struct gateway_config mine = config == NULL ? usual : *config;
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    const int room = 8 << 20;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(setsockopt(pair[i], SOL_SOCKET, SO_SNDBUF, &room, sizeof room), 0);
    }
    mine.link_fd = pair[0];
    mine.watcher = (struct gateway_watcher){.owner = fixture, .frame = saw_frame, .talk = saw_talk};
    int error = 0;
    fixture->gateway = gateway_create(&mine, &error);
    assert_int_equal(error, 0);
    assert_non_null(fixture->gateway);
    assert_int_equal(link_init(&fixture->link, LINK_PACKET, pair[1]), 0);
    make_program(fixture, &mine.policy.addresses);
}

void fixture_teardown(struct gateway_fixture *fixture)
{
    gateway_destroy(fixture->gateway);
    vitro_stack_destroy(fixture->program);
    link_deinit(&fixture->link);
}

static void program_step(struct gateway_fixture *fixture)
{
    struct vitro_frame frames[LINK_BATCH];
    for (;;) {
        const int count = link_receive(&fixture->link, frames, LINK_BATCH);
        const uint64_t now_us = poll_now_us();
        vitro_stack_tick(fixture->program, now_us);
        if (count <= 0) return;
        vitro_stack_input_many(fixture->program, fixture->interface, frames, (uint32_t)count,
                               now_us);
    }
}

void fixture_step(struct gateway_fixture *fixture)
{
    program_step(fixture);
    const uint64_t until_us = u64_min(poll_now_us() + 1000, vitro_stack_deadline(fixture->program));
    gateway_step(fixture->gateway, until_us);
    program_step(fixture);
}

void fixture_until(struct gateway_fixture *fixture, bool (*is_there)(void *context), void *context)
{
    const uint64_t until_us = poll_now_us() + FIXTURE_PATIENCE_US;
    while (!is_there(context)) {
        if (poll_now_us() > until_us) fail_msg("what was waited for did not come");
        fixture_step(fixture);
    }
}

void fixture_for(struct gateway_fixture *fixture, uint64_t us)
{
    const uint64_t until_us = poll_now_us() + us;
    for (uint64_t i = 0; i < us / 1000 || poll_now_us() < until_us; i++) fixture_step(fixture);
}

struct connecting {
    struct gateway_fixture *fixture;
    vitro_socket socket;
};

static bool has_connected(void *context)
{
    const struct connecting *connecting = context;
    const int bits = vitro_readiness(connecting->fixture->program, connecting->socket);
    return (bits & (VITRO_CONNECTED | VITRO_ERROR)) != 0;
}

vitro_socket fixture_connect(struct gateway_fixture *fixture, const char *ip, uint16_t port,
                             int *error)
{
    struct connecting connecting = {.fixture = fixture};
    struct vitro_ip address;
    assert_int_equal(vitro_ip_parse(ip, &address), 0);
    const struct vitro_endpoint remote = vitro_endpoint_of(address, port);
    assert_int_equal(vitro_tcp_open(fixture->program, 0, &connecting.socket), 0);
    assert_int_equal(vitro_tcp_connect(fixture->program, connecting.socket, &remote, poll_now_us()),
                     0);
    fixture_until(fixture, has_connected, &connecting);
    const int failed = -vitro_take_error(fixture->program, connecting.socket);
    if (error != NULL) *error = failed;
    if (failed == 0) return connecting.socket;
    (void)vitro_close(fixture->program, connecting.socket, poll_now_us());
    return VITRO_SOCKET_NONE;
}

void fixture_send_all(struct gateway_fixture *fixture, vitro_socket socket, const void *data,
                      size_t len)
{
    const uint64_t until_us = poll_now_us() + FIXTURE_PATIENCE_US;
    const uint8_t *from = data;
    while (len > 0) {
        const int64_t n = vitro_tcp_send(fixture->program, socket, from, len, poll_now_us());
        if (n > 0) {
            from += n;
            len -= (size_t)n;
            continue;
        }
        if (n != -EAGAIN || poll_now_us() > until_us) fail_msg("send: %d", (int)n);
        fixture_step(fixture);
    }
}

size_t fixture_receive(struct gateway_fixture *fixture, vitro_socket socket, void *to, size_t cap,
                       int *error)
{
    const uint64_t until_us = poll_now_us() + FIXTURE_PATIENCE_US;
    size_t len = 0;
    if (error != NULL) *error = 0;
    while (len < cap) {
        const int64_t n = vitro_tcp_receive(fixture->program, socket, (uint8_t *)to + len,
                                            cap - len, poll_now_us());
        if (n == 0) break;
        if (n > 0) {
            len += (size_t)n;
            continue;
        }
        if (n != -EAGAIN) {
            if (error != NULL) *error = (int)-n;
            break;
        }
        if (poll_now_us() > until_us) fail_msg("received %zu of %zu bytes", len, cap);
        fixture_step(fixture);
    }
    return len;
}

int fixture_host_listen(uint16_t *port)
{
    const struct vitro_endpoint any = vitro_endpoint_of(vitro_ip_v4(127, 0, 0, 1), 0);
    const int fd = host_socket_open(&any, SOCK_STREAM);
    assert_true(fd >= 0);
    struct sockaddr_storage address;
    socklen_t len = host_address(&any, &address);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(fd, 128), 0);
    len = sizeof address;
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    struct vitro_endpoint bound;
    assert_true(host_endpoint(&address, &bound));
    *port = bound.port;
    return fd;
}

int fixture_host_accept(struct gateway_fixture *fixture, int listener)
{
    const uint64_t until_us = poll_now_us() + FIXTURE_PATIENCE_US;
    for (;;) {
        const int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) return fd;
        if (errno != EAGAIN || poll_now_us() > until_us) fail_msg("accept: %s", strerror(errno));
        fixture_step(fixture);
    }
}
