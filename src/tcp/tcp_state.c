/*
 * The state machine of RFC 9293 3.3.2, figure 5, as a table of legal moves and one function that
 * makes a move. RFC 9293 MUST-10: SYN-SENT may meet a SYN and become SYN-RECEIVED.
 *
 *                 active OPEN                       which function makes the move
 *   CLOSED ----------------------> SYN-SENT         tcp_connect
 *   SYN-SENT --- SYN-ACK --------> ESTABLISHED      tcp_input_synsent
 *   SYN-SENT --- SYN ------------> SYN-RECEIVED     tcp_input_synsent (simultaneous open)
 *   SYN-RECEIVED --- ACK --------> ESTABLISHED      tcp_input (check_ack)
 *   ESTABLISHED --- CLOSE -------> FIN-WAIT-1       tcp_shutdown_send
 *   ESTABLISHED --- FIN ---------> CLOSE-WAIT       tcp_input (take_fin)
 *   FIN-WAIT-1 --- ACK of FIN ---> FIN-WAIT-2       tcp_input (check_ack)
 *   FIN-WAIT-1 --- FIN ----------> CLOSING          tcp_input (take_fin)
 *   FIN-WAIT-1 --- FIN, ACK of it> TIME-WAIT        tcp_input (take_fin)
 *   FIN-WAIT-2 --- FIN ----------> TIME-WAIT        tcp_input (take_fin)
 *   CLOSE-WAIT --- CLOSE --------> LAST-ACK         tcp_shutdown_send
 *   CLOSING --- ACK of FIN ------> TIME-WAIT        tcp_input (check_ack)
 *   LAST-ACK --- ACK of FIN -----> CLOSED           tcp_conn_end
 *   TIME-WAIT --- 2MSL ----------> CLOSED           tcp_timewait_timer (the record's)
 *   any --- RST, ABORT, time-out > CLOSED           tcp_conn_end
 *
 * A passively opened connection is born in SYN-RECEIVED by tcp_state_init: until its handshake is
 * complete it is a record of the SYN cache, and LISTEN is a listener's state.
 */
#include "tcp/tcp_state.h"

#include "base/base.h"
#include "base/name_of.h"
#include "tcp/tcp_conn.h"
#include "tcp/tcp_event.h"

#define TO(state) (1u << TCP_##state)

static const uint16_t tcp_state_next[TCP_STATE_COUNT] = {
    [TCP_CLOSED] = TO(SYN_SENT),
    [TCP_SYN_SENT] = TO(SYN_RECEIVED) | TO(ESTABLISHED) | TO(CLOSED),
    [TCP_SYN_RECEIVED] = TO(ESTABLISHED) | TO(CLOSED),
    [TCP_ESTABLISHED] = TO(FIN_WAIT_1) | TO(CLOSE_WAIT) | TO(CLOSED),
    [TCP_FIN_WAIT_1] = TO(FIN_WAIT_2) | TO(CLOSING) | TO(TIME_WAIT) | TO(CLOSED),
    [TCP_FIN_WAIT_2] = TO(TIME_WAIT) | TO(CLOSED),
    [TCP_CLOSE_WAIT] = TO(LAST_ACK) | TO(CLOSED),
    [TCP_CLOSING] = TO(TIME_WAIT) | TO(CLOSED),
    [TCP_LAST_ACK] = TO(CLOSED),
    [TCP_TIME_WAIT] = TO(CLOSED),
};

const char *tcp_state_text(enum tcp_state state)
{
    static const char *const texts[] = {TCP_STATES(NAME_SECOND)};
    return name_of(texts, ARRAY_COUNT(texts), state);
}

const char *tcp_cause_text(enum tcp_cause cause)
{
    static const char *const texts[] = {TCP_CAUSES(NAME_SECOND)};
    return name_of(texts, ARRAY_COUNT(texts), cause);
}

bool tcp_state_may_move(enum tcp_state from, enum tcp_state to)
{
    return (tcp_state_next[from] & (1u << to)) != 0;
}

void tcp_state_init(struct tcp_conn *conn, enum tcp_state state)
{
    ASSERT(state == TCP_CLOSED || state == TCP_SYN_RECEIVED);
    conn->state = (uint8_t)state;
}

void tcp_state_set(struct tcp_conn *conn, enum tcp_state to, enum tcp_cause cause)
{
    enum tcp_state from = conn->state;
    ASSERT(tcp_state_may_move(from, to));
    conn->state = (uint8_t)to;
    tcp_event_state(conn, from, to, cause);
}
