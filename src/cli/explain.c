/*
 * Steps of the sandbox in words.
 */
#define _GNU_SOURCE /* what sandbox.h needs */

#include "cli/explain.h"

#include "cli/words_run.h"

const char *explain_step(enum sandbox_step step, enum lang lang)
{
    static const struct words *const words[SANDBOX_STEP_COUNT] = {
        [SANDBOX_DONE] = &word_run_step_done,
        [SANDBOX_FORK] = &word_run_step_fork,
        [SANDBOX_USER_NAMESPACE] = &word_run_step_user_namespace,
        [SANDBOX_ID_MAP] = &word_run_step_id_map,
        [SANDBOX_NETWORK_NAMESPACE] = &word_run_step_network_namespace,
        [SANDBOX_MOUNT_NAMESPACE] = &word_run_step_mount_namespace,
        [SANDBOX_CAPABILITIES] = &word_run_step_capabilities,
        [SANDBOX_TUN_OPEN] = &word_run_step_tun_open,
        [SANDBOX_TUN_DEVICE] = &word_run_step_tun_device,
        [SANDBOX_VETH] = &word_run_step_veth,
        [SANDBOX_PACKET_SOCKET] = &word_run_step_packet_socket,
        [SANDBOX_ADDRESSES] = &word_run_step_addresses,
        [SANDBOX_RESOLV_CONF] = &word_run_step_resolv_conf,
        [SANDBOX_EXEC] = &word_run_step_exec,
    };
    return word_text(lang, words[step]);
}
