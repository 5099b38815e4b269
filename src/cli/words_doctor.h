/*
 * What `vitro doctor` says, and the causes and remedies of explain.h. A remedy is a line for a
 * shell wherever one can help.
 */
#ifndef VITRO_CLI_WORDS_DOCTOR_H
#define VITRO_CLI_WORDS_DOCTOR_H

#include "cli/words.h"

#define DOCTOR_WORDS(W)                                                                            \
    W(cause_unknown, "nothing that is known of this host explains it",                             \
      "已知的主机情况无法解释这个错误")                                                            \
    W(fix_unknown,                                                                                 \
      "look at the kernel's last messages (sudo dmesg), and tell us what `vitro doctor` "          \
      "prints",                                                                                    \
      "请查看内核最近的消息（sudo dmesg），并把 vitro doctor 的输出告诉我们")                      \
    W(cause_wsl1, "this is WSL 1, which has no kernel of Linux and no namespaces",                 \
      "这是 WSL 1：没有真正的 Linux 内核，也没有命名空间")                                         \
    W(fix_wsl1, "wsl --set-version DISTRIBUTION 2 (in Windows; `wsl -l` names the distributions)", \
      "在 Windows 中执行 wsl --set-version 发行版 2（wsl -l 列出发行版）")                         \
    W(cause_gvisor, "this container runs on gVisor, whose kernel lacks a part of what is needed",  \
      "此容器运行在 gVisor 上，它的内核缺少所需的功能")                                            \
    W(fix_gvisor, "run the container on the host's kernel: docker run --runtime runc ...",         \
      "让容器使用主机内核：docker run --runtime runc ...")                                         \
    W(cause_processes, "the limit of processes of this user or container is reached",              \
      "此用户或容器的进程数已达上限")                                                              \
    W(fix_processes, "end some, or raise it: `ulimit -u`, or --pids-limit of the container",       \
      "结束一些进程，或提高上限：ulimit -u，或容器的 --pids-limit")                                \
    W(cause_memory, "the kernel has no memory left for it", "内核没有足够的内存")                  \
    W(fix_memory, "free some memory, or raise the container's limit (--memory)",                   \
      "释放一些内存，或提高容器的内存上限（--memory）")                                            \
    W(cause_descriptors, "the limit of open descriptors is reached", "打开的描述符数已达上限")     \
    W(fix_descriptors, "raise it: ulimit -n 1024", "提高上限：ulimit -n 1024")                     \
    W(cause_userns_clone,                                                                          \
      "the kernel lets only root make user namespaces (kernel.unprivileged_userns_clone is "       \
      "0)",                                                                                        \
      "内核只允许 root 创建用户命名空间（kernel.unprivileged_userns_clone 为 0）")                 \
    W(fix_userns_clone, "sudo sysctl kernel.unprivileged_userns_clone=1",                          \
      "sudo sysctl kernel.unprivileged_userns_clone=1")                                            \
    W(cause_userns_off, "user namespaces are switched off (user.max_user_namespaces is 0)",        \
      "用户命名空间已被关闭（user.max_user_namespaces 为 0）")                                     \
    W(fix_userns_off, "sudo sysctl user.max_user_namespaces=10000 (for a container: on its host)", \
      "sudo sysctl user.max_user_namespaces=10000（若在容器中，请在主机上执行）")                  \
    W(cause_userns_limit,                                                                          \
      "as many user namespaces exist as are allowed, or they are nested too deep (32)",            \
      "用户命名空间的数量已达上限，或嵌套过深（32 层）")                                           \
    W(fix_userns_limit,                                                                            \
      "sudo sysctl user.max_user_namespaces=100000 (for a container: on its host)",                \
      "sudo sysctl user.max_user_namespaces=100000（若在容器中，请在主机上执行）")                 \
    W(cause_userns_not_built, "the kernel was built without user namespaces",                      \
      "内核编译时没有包含用户命名空间")                                                            \
    W(fix_userns_not_built, "boot a kernel that has CONFIG_USER_NS, or run vitro as root",         \
      "请使用带 CONFIG_USER_NS 的内核，或以 root 运行 vitro")                                      \
    W(cause_netns_off, "network namespaces are switched off (user.max_net_namespaces is 0)",       \
      "网络命名空间已被关闭（user.max_net_namespaces 为 0）")                                      \
    W(fix_netns_off, "sudo sysctl user.max_net_namespaces=10000 (for a container: on its host)",   \
      "sudo sysctl user.max_net_namespaces=10000（若在容器中，请在主机上执行）")                   \
    W(cause_netns_limit,                                                                           \
      "as many network namespaces exist as are allowed (user.max_net_namespaces)",                 \
      "网络命名空间的数量已达上限（user.max_net_namespaces）")                                     \
    W(fix_netns_limit,                                                                             \
      "sudo sysctl user.max_net_namespaces=100000 (for a container: on its host)",                 \
      "sudo sysctl user.max_net_namespaces=100000（若在容器中，请在主机上执行）")                  \
    W(cause_netns_not_built, "the kernel was built without network namespaces",                    \
      "内核编译时没有包含网络命名空间")                                                            \
    W(fix_netns_not_built, "boot a kernel that has CONFIG_NET_NS",                                 \
      "请使用带 CONFIG_NET_NS 的内核")                                                             \
    W(cause_mntns_limit,                                                                           \
      "as many mount namespaces exist as are allowed (user.max_mnt_namespaces)",                   \
      "挂载命名空间的数量已达上限（user.max_mnt_namespaces）")                                     \
    W(fix_mntns_limit,                                                                             \
      "sudo sysctl user.max_mnt_namespaces=100000 (for a container: on its host)",                 \
      "sudo sysctl user.max_mnt_namespaces=100000（若在容器中，请在主机上执行）")                  \
    W(cause_docker,                                                                                \
      "the container's default confinement (seccomp, AppArmor) forbids namespaces and "            \
      "mounts",                                                                                    \
      "容器默认的限制（seccomp、AppArmor）禁止创建命名空间和挂载")                                 \
    W(fix_docker,                                                                                  \
      "docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined "           \
      "--device /dev/net/tun ...",                                                                 \
      "docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined "           \
      "--device /dev/net/tun ...")                                                                 \
    W(cause_kubernetes,                                                                            \
      "the container's confinement (seccomp, AppArmor) forbids namespaces and mounts",             \
      "容器的限制（seccomp、AppArmor）禁止创建命名空间和挂载")                                     \
    W(fix_kubernetes,                                                                              \
      "in the container's securityContext: seccompProfile: {type: Unconfined}, "                   \
      "appArmorProfile: {type: Unconfined}",                                                       \
      "securityContext 中设 seccompProfile 与 appArmorProfile 为 {type: Unconfined}")              \
    W(cause_filter,                                                                                \
      "a seccomp filter forbids it, set by what started this shell (a service, a sandbox, "        \
      "a container)",                                                                              \
      "启动此 shell 的程序（服务、沙箱或容器）设置的 seccomp 过滤器禁止该操作")                    \
    W(fix_filter,                                                                                  \
      "run vitro outside of it, or loosen it (RestrictNamespaces=no in a unit of systemd)",        \
      "在其外运行 vitro，或放宽限制（systemd 单元中设置 RestrictNamespaces=no）")                  \
    W(cause_chroot, "this is a chroot, in which the kernel makes no user namespaces",              \
      "这是 chroot 环境，内核不允许在其中创建用户命名空间")                                        \
    W(fix_chroot,                                                                                  \
      "enter the tree by a container instead: sudo systemd-nspawn -D FOLDER, or unshare "          \
      "and pivot_root",                                                                            \
      "改用容器进入该目录树：sudo systemd-nspawn -D 目录，或使用 unshare 与 pivot_root")           \
    W(cause_unmapped, "this user or group has no number in the user namespace that we are in",     \
      "当前用户或组在所处的用户命名空间中没有对应的编号")                                          \
    W(fix_unmapped,                                                                                \
      "map it where that namespace is made (uid_map and gid_map), or become a user that is "       \
      "mapped",                                                                                    \
      "在创建该命名空间时映射它（uid_map 与 gid_map），或换用已映射的用户")                        \
    W(cause_apparmor_no_profile,                                                                   \
      "AppArmor lets only programs with a profile use user namespaces, and vitro's is not "        \
      "installed",                                                                                 \
      "AppArmor 只准有配置文件的程序使用用户命名空间，而 vitro 的没有安装")                        \
    W(fix_apparmor_no_profile,                                                                     \
      "sudo cp packaging/apparmor/vitro /etc/apparmor.d/ && sudo apparmor_parser -r "              \
      "/etc/apparmor.d/vitro",                                                                     \
      "sudo cp packaging/apparmor/vitro /etc/apparmor.d/ && sudo apparmor_parser -r "              \
      "/etc/apparmor.d/vitro")                                                                     \
    W(cause_apparmor_not_loaded,                                                                   \
      "AppArmor lets only programs with a profile use user namespaces, and vitro's is not "        \
      "loaded",                                                                                    \
      "AppArmor 只准有配置文件的程序使用用户命名空间，而 vitro 的没有加载")                        \
    W(fix_apparmor_not_loaded, "sudo apparmor_parser -r /etc/apparmor.d/vitro",                    \
      "sudo apparmor_parser -r /etc/apparmor.d/vitro")                                             \
    W(cause_apparmor_elsewhere,                                                                    \
      "AppArmor lets only programs with a profile use user namespaces; vitro's is for "            \
      "/usr/bin and /usr/local/bin",                                                               \
      "AppArmor 只准有配置文件的程序使用用户命名空间；vitro 的只适用于 /usr/(local/)bin")          \
    W(fix_apparmor_elsewhere,                                                                      \
      "sudo make install, and run that vitro; or for every program: sudo sysctl "                  \
      "kernel.apparmor_restrict_unprivileged_userns=0",                                            \
      "用 sudo make install 安装；或 sudo sysctl "                                            \
      "kernel.apparmor_restrict_unprivileged_userns=0")                                            \
    W(cause_confined, "an AppArmor profile confines this process, and forbids it",                 \
      "此进程受 AppArmor 配置文件限制，不允许该操作")                                              \
    W(fix_confined,                                                                                \
      "run vitro outside of that confinement (cat /proc/self/attr/current names the "              \
      "profile)",                                                                                  \
      "在该限制之外运行 vitro（cat /proc/self/attr/current 显示配置文件名）")                      \
    W(cause_selinux, "SELinux forbids it", "SELinux 禁止该操作")                                   \
    W(fix_selinux,                                                                                 \
      "ask what was denied: sudo ausearch -m avc -ts recent; then allow it with audit2allow",      \
      "查看被拒绝的操作：sudo ausearch -m avc -ts recent；再用 audit2allow 放行")                  \
    W(cause_no_proc, "/proc is not mounted", "没有挂载 /proc")                                     \
    W(fix_no_proc, "sudo mount -t proc proc /proc", "sudo mount -t proc proc /proc")               \
    W(cause_proc_read_only, "/proc is read-only", "/proc 是只读的")                                \
    W(fix_proc_read_only,                                                                          \
      "sudo mount -o remount,rw /proc (for a container: start it with --security-opt "             \
      "systempaths=unconfined)",                                                                   \
      "sudo mount -o remount,rw /proc（若在容器中，请以 --security-opt "                  \
      "systempaths=unconfined 启动）")                                                             \
    W(cause_tun_container, "the container has no right to /dev/net/tun",                           \
      "容器无权使用 /dev/net/tun")                                                                 \
    W(fix_tun_container,                                                                           \
      "docker run --device /dev/net/tun ...    # other containers have a list of devices, too",    \
      "docker run --device /dev/net/tun ...（其他容器也有类似的设备列表）")                        \
    W(cause_tun_module, "the kernel's module tun is not loaded", "内核模块 tun 没有加载")          \
    W(fix_tun_module, "sudo modprobe tun", "sudo modprobe tun")                                    \
    W(cause_tun_node, "the kernel has TUN, but there is no file /dev/net/tun",                     \
      "内核支持 TUN，但没有 /dev/net/tun 文件")                                                    \
    W(fix_tun_node, "sudo sh -c 'mkdir -p /dev/net && mknod -m 0666 /dev/net/tun c 10 200'",       \
      "sudo sh -c 'mkdir -p /dev/net && mknod -m 0666 /dev/net/tun c 10 200'")                     \
    W(cause_tun_not_built, "the kernel has no TUN, nor a module to load",                          \
      "内核没有 TUN，也没有可加载的模块")                                                          \
    W(fix_tun_not_built,                                                                           \
      "install the kernel's modules (package linux-modules-extra or the like), then: sudo "        \
      "modprobe tun",                                                                              \
      "安装内核模块（linux-modules-extra 之类的软件包），再执行 sudo modprobe tun")                \
    W(cause_tun_mode, "this user may not open /dev/net/tun", "此用户无权打开 /dev/net/tun")        \
    W(fix_tun_mode,                                                                                \
      "sudo chmod 0666 /dev/net/tun    # the usual mode: a TAP still needs rights over a network", \
      "sudo chmod 0666 /dev/net/tun    # 通常的权限：创建 TAP 仍需要网络的管理权")                 \
    W(cause_veth_module, "the kernel has no veth devices", "内核没有 veth 设备")                   \
    W(fix_veth_module, "sudo modprobe veth", "sudo modprobe veth")                                 \
    W(cause_packet_module, "the kernel has no packet sockets", "内核没有 packet 套接字")           \
    W(fix_packet_module, "sudo modprobe af_packet", "sudo modprobe af_packet")                     \
    W(cause_no_resolv_conf, "there is no /etc/resolv.conf to lay ours over",                       \
      "没有可以覆盖的 /etc/resolv.conf")                                                           \
    W(fix_no_resolv_conf, "sudo touch /etc/resolv.conf", "sudo touch /etc/resolv.conf")            \
    W(cause_no_seccomp,                                                                            \
      "the kernel has no seccomp filters, without which the gateway does not start",               \
      "内核没有 seccomp 过滤器，网关因此不会启动")                                                 \
    W(fix_no_seccomp, "boot a kernel that has CONFIG_SECCOMP_FILTER",                              \
      "请使用带 CONFIG_SECCOMP_FILTER 的内核")                                                     \
    W(why, "why: %s", "原因：%s")                                                                  \
    W(fix, "fix: %s", "解决：%s")                                                                  \
    W(about_doctor, "try whether `vitro run` works here, and say what to do if not",               \
      "检查 vitro run 能否在此运行；不能时说明解决办法")                                           \
    W(doctor_usage, "usage: vitro doctor [OPTIONS]\n\n", "用法：vitro doctor [选项]\n\n")          \
    W(doctor_help_offline, "ask no name server", "不询问域名服务器")                               \
    W(doctor_ok, "ok", "正常")                                                                     \
    W(doctor_note, "note", "说明")                                                                 \
    W(doctor_warn, "warn", "注意")                                                                 \
    W(doctor_fail, "FAIL", "失败")                                                                 \
    W(doctor_check, "%s: %s", "%s：%s")                                                            \
    W(doctor_group_inside, "The program's side:\n", "程序一侧：\n")                                \
    W(doctor_group_outside, "The gateway's side:\n", "网关一侧：\n")                               \
    W(doctor_no_userns, "%s: not to be had here; root goes on without",                            \
      "%s：此处无法创建；root 可以不用它")                                                         \
    W(doctor_addresses, "%s: %s and %s", "%s：%s 与 %s")                                           \
    W(doctor_address, "%s: %s", "%s：%s")                                                          \
    W(doctor_spare, "a packet socket on a veth pair (not needed: there is a TAP)",                 \
      "veth 设备对上的 packet 套接字（不需要：已有 TAP）")                                         \
    W(doctor_whole, "a program inside reaches demo.vitro by name, through the gateway",            \
      "内部的程序能经网关按域名访问 demo.vitro")                                                   \
    W(doctor_whole_status, "a program inside does not reach demo.vitro (status %d)",               \
      "内部的程序无法访问 demo.vitro（状态 %d）")                                                  \
    W(doctor_whole_name, "a program inside cannot look up demo.vitro (status %d)",                 \
      "内部的程序无法解析 demo.vitro（状态 %d）")                                                  \
    W(doctor_whole_talk, "a program inside looks up demo.vitro but cannot talk to it (status %d)", \
      "内部的程序能解析 demo.vitro，但无法与之通信（状态 %d）")                                    \
    W(doctor_whole_failed, "a program inside does not reach demo.vitro",                           \
      "内部的程序无法访问 demo.vitro")                                                             \
    W(doctor_fix_whole, "vitro run -v -- getent hosts demo.vitro shows what happens",              \
      "用 vitro run -v -- getent hosts demo.vitro 查看经过")                                       \
    W(doctor_jail, "giving up rights: seccomp filter, no capabilities",                            \
      "放弃权限：seccomp 过滤器，无特权")                                                          \
    W(doctor_network, "network %s/24", "网段 %s/24")                                               \
    W(doctor_network_taken, "every private network that could be used is in use by this host",     \
      "可用的私有网段都已被主机占用")                                                              \
    W(doctor_fix_network, "nothing to do, unless the program must reach addresses of 10.0.2.0/24", \
      "通常无需处理，除非程序要访问 10.0.2.0/24 中的地址")                                         \
    W(doctor_resolver, "name server %s answers (%u.%u ms)", "域名服务器 %s 有回答（%u.%u 毫秒）")  \
    W(doctor_resolver_silent, "name server %s does not answer", "域名服务器 %s 没有回答")          \
    W(doctor_resolver_error, "name server %s: %s", "域名服务器 %s：%s")                            \
    W(doctor_why_resolver,                                                                         \
      "it is what this host's /etc/resolv.conf names; the host itself cannot look up names "       \
      "by it",                                                                                     \
      "它来自主机的 /etc/resolv.conf；主机自己也无法用它解析域名")                                 \
    W(doctor_fix_resolver,                                                                         \
      "mend /etc/resolv.conf, or what answers there (systemctl status systemd-resolved)",          \
      "修正 /etc/resolv.conf，或检查应答的服务（systemctl status systemd-resolved）")              \
    W(doctor_resolver_none, "name servers: /etc/resolv.conf names none",                           \
      "域名服务器：/etc/resolv.conf 中没有")                                                       \
    W(doctor_resolver_skipped, "name server %s was not asked (--offline)",                         \
      "没有询问域名服务器 %s（--offline）")                                                        \
    W(doctor_ping, "ping: allowed", "ping：允许")                                                  \
    W(doctor_ping_raw, "ping: allowed, as root", "ping：以 root 身份允许")                         \
    W(doctor_ping_no, "ping: not allowed: %s", "ping：不允许：%s")                                 \
    W(doctor_why_ping, "net.ipv4.ping_group_range is %lld %lld, and this is group %lld",           \
      "net.ipv4.ping_group_range 为 %lld %lld，而当前组为 %lld")                                   \
    W(doctor_fix_ping, "sudo sysctl net.ipv4.ping_group_range='0 2147483647'",                     \
      "sudo sysctl net.ipv4.ping_group_range='0 2147483647'")                                      \
    W(doctor_route, "%s: the host has a way to the Internet", "%s：主机可以通往互联网")            \
    W(doctor_route_no, "%s: the host has no way to the Internet (%s)",                             \
      "%s：主机没有通往互联网的路由（%s）")                                                        \
    W(doctor_why_route,                                                                            \
      "programs inside are told the same at once; demo.vitro works nevertheless",                  \
      "内部的程序会立即得到同样的错误；demo.vitro 仍可使用")                                       \
    W(doctor_fix_route, "look at `ip route` and the host's connection",                            \
      "请检查 ip route 与主机的网络连接")                                                          \
    W(doctor_descriptors, "descriptors: %lld, a connection takes one",                             \
      "描述符：%lld 个，每个连接占用一个")                                                         \
    W(doctor_why_descriptors,                                                                      \
      "with fewer than %u the gateway refuses connections before it has to",                       \
      "少于 %u 个时，网关会过早拒绝连接")                                                          \
    W(doctor_fix_descriptors, "ulimit -Hn, or LimitNOFILE= and /etc/security/limits.conf",         \
      "ulimit -Hn，或 LimitNOFILE= 与 /etc/security/limits.conf")                                  \
    W(doctor_verdict_tap, "vitro run will work here, with a TAP device",                           \
      "vitro run 可以在此运行，使用 TAP 设备")                                                     \
    W(doctor_verdict_packet,                                                                       \
      "vitro run will work here, with a packet socket (no usable /dev/net/tun)",                   \
      "vitro run 可以在此运行，使用 packet 套接字（/dev/net/tun 不可用）")                         \
    W(doctor_verdict_no, "vitro run cannot work here: %s", "vitro run 无法在此运行：%s")

DOCTOR_WORDS(WORD_DECLARE)

#endif
