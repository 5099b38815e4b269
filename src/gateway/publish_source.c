/*
 * Clients as the program sees them.
 *
 * An address that the program could not answer by the same way must not be shown: its kernel drops
 * packets that claim to come from 127.0.0.1, and answers its own subnet's directly.
 */
#include "gateway/publish_source.h"

void publish_source_gateway(const struct policy *policy, struct vitro_flow *inside)
{
    const int version = vitro_ip_is_v4(&inside->remote.ip) ? 0 : 1;
    inside->local = vitro_endpoint_of(policy->addresses.gateway[version], 0);
}

void publish_source(const struct policy *policy, const struct vitro_endpoint *client,
                    struct vitro_flow *inside)
{
    const struct policy_addresses *ours = &policy->addresses;
    const bool is_v4 = vitro_ip_is_v4(&client->ip);
    const int version = is_v4 || !ours->has_ip6 ? 0 : 1;
    struct vitro_endpoint target;
    *inside = (struct vitro_flow){.remote.ip = ours->program[version]};
    if ((version == 0) == is_v4 && policy_place(policy, client, &target) == POLICY_WORLD) {
        inside->local = vitro_endpoint_of(client->ip, client->port);
        return;
    }
    publish_source_gateway(policy, inside);
}
