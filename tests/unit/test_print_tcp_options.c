/*
 * What tcpdump 4.99.3 prints of single packets, each by itself: TCP options.
 */
#include "print_fixture.h"
#include "support.h"

static void known_options(void **state)
{
    (void)state;
    print_check_case("opt eol", 0,
                     "IP 10.0.0.1.41000 > 10.0.0.2.9998: Flags [.], ack 1, win 64240, options "
                     "[eol], length 0");
    print_check_case("opt nop x4", 0,
                     "IP 10.0.0.1.41000 > 10.0.0.2.9998: Flags [.], ack 1, win 64240, options "
                     "[nop,nop,nop,nop], length 0");
    print_check_case("opt mss", 0,
                     "IP 10.0.0.1.41000 > 10.0.0.2.9998: Flags [.], ack 1, win 64240, options "
                     "[mss 1460], length 0");
    print_check_case("opt wscale", 0,
                     "IP 10.0.0.1.41000 > 10.0.0.2.9998: Flags [.], ack 1, win 64240, options "
                     "[wscale 7,nop], length 0");
    print_check_case("opt wscale 15", 0,
                     "IP 10.0.0.1.41000 > 10.0.0.2.9998: Flags [.], ack 1, win 64240, options "
                     "[wscale 15,nop], length 0");
    print_check_case("opt sackOK", 0,
                     "IP 10.0.0.1.41000 > 10.0.0.2.9998: Flags [.], ack 1, win 64240, options "
                     "[sackOK,nop,nop], length 0");
    print_check_case("opt sack0", 0,
                     "IP 10.0.0.1.41000 > 10.0.0.2.9998: Flags [.], ack 1, win 64240, options "
                     "[sack 0 ,nop,nop], length 0");
    print_check_case("opt sack1", 0,
                     "IP 10.0.0.1.41000 > 10.0.0.2.9998: Flags [.], ack 1, win 64240, options "
                     "[nop,nop,sack 1 {10:20}], length 0");
    print_check_case("opt echo", 0,
                     "IP 10.0.0.1.41000 > 10.0.0.2.9998: Flags [.], ack 1, win 64240, options "
                     "[echo 7,nop,nop], length 0");
    print_check_case("opt echoreply", 0,
                     "IP 10.0.0.1.41000 > 10.0.0.2.9998: Flags [.], ack 1, win 64240, options "
                     "[echoreply 7,nop,nop], length 0");
    print_check_case("opt ts", 0,
                     "IP 10.0.0.1.41000 > 10.0.0.2.9998: Flags [.], ack 1, win 64240, options "
                     "[nop,nop,TS val 1 ecr 2], length 0");
    print_check_case("opt cc", 0,
                     "IP 10.0.0.1.41000 > 10.0.0.2.9998: Flags [.], ack 1, win 64240, options "
                     "[cc 7,nop,nop], length 0");
    print_check_case("opt ccnew", 0,
                     "IP 10.0.0.1.41000 > 10.0.0.2.9998: Flags [.], ack 1, win 64240, options "
                     "[ccnew 7,nop,nop], length 0");
    print_check_case("opt ccecho", 0,
                     "IP 10.0.0.1.41000 > 10.0.0.2.9998: Flags [.], ack 1, win 64240, options "
                     "[ 7,nop,nop], length 0");
    print_check_case("opt md5", 0,
                     "IP 10.0.0.1.41000 > 10.0.0.2.9998: Flags [.], ack 1, win 64240, options "
                     "[md5 shared secret not supplied with -M, can't check - "
                     "000102030405060708090a0b0c0d0e0f,nop,nop], length 0");
    print_check_case("opt scps", 0,
                     "IP 10.0.0.1.41000 > 10.0.0.2.9998: Flags [.], ack 1, win 64240, options "
                     "[scps cap ab id 7], length 0");
    print_check_case("opt uto s", 0,
                     "IP 10.0.0.1.41000 > 10.0.0.2.9998: Flags [.], ack 1, win 64240, options "
                     "[uto 0x14 10], length 0");
    print_check_case("opt uto m", 0,
                     "IP 10.0.0.1.41000 > 10.0.0.2.9998: Flags [.], ack 1, win 64240, options "
                     "[uto 0x15 600], length 0");
    print_check_case("opt ao", 0,
                     "IP 10.0.0.1.41000 > 10.0.0.2.9998: Flags [.], ack 1, win 64240, options "
                     "[tcp-ao keyid 1 rnextkeyid 2 mac 0x000102030405060708090a0b], length 0");
}

static void fast_open_and_experiments(void **state)
{
    (void)state;
    print_check_case("opt tfo req", 0,
                     "IP 10.0.0.1.41000 > 10.0.0.2.9998: Flags [.], ack 1, win 64240, options "
                     "[tfo  cookiereq,nop,nop], length 0");
    print_check_case("opt tfo cookie", 0,
                     "IP 10.0.0.1.41000 > 10.0.0.2.9998: Flags [.], ack 1, win 64240, options "
                     "[tfo  cookie 0001020304050607,nop,nop], length 0");
    print_check_case("opt tfo bad", 0,
                     "IP 10.0.0.1.41000 > 10.0.0.2.9998: Flags [.], ack 1, win 64240, options "
                     "[tfo  (invalid),nop,nop,nop], length 0");
    print_check_case("opt exp tfo", 0,
                     "IP 10.0.0.1.41000 > 10.0.0.2.9998: Flags [.], ack 1, win 64240, options "
                     "[exp-tfo cookie 0001020304050607], length 0");
    print_check_case("opt exp tfo req", 0,
                     "IP 10.0.0.1.41000 > 10.0.0.2.9998: Flags [.], ack 1, win 64240, options "
                     "[exp-tfo cookiereq], length 0");
    print_check_case("opt exp other", 0,
                     "IP 10.0.0.1.41000 > 10.0.0.2.9998: Flags [.], ack 1, win 64240, options "
                     "[exp-1234,nop,nop], length 0");
    print_check_case("opt exp253", 0,
                     "IP 10.0.0.1.41000 > 10.0.0.2.9998: Flags [.], ack 1, win 64240, options "
                     "[unknown-253 0x1234aabb,nop,nop], length 0");
}

static void unknown_options(void **state)
{
    (void)state;
    print_check_case("opt unk 99 nodata", 0,
                     "IP 10.0.0.1.41000 > 10.0.0.2.9998: Flags [.], ack 1, win 64240, options "
                     "[unknown-99,nop,nop], length 0");
    print_check_case("opt unk 99", 0,
                     "IP 10.0.0.1.41000 > 10.0.0.2.9998: Flags [.], ack 1, win 64240, options "
                     "[unknown-99 0x010203,nop,nop,nop], length 0");
    print_check_case("opt skeeter16", 0,
                     "IP 10.0.0.1.41000 > 10.0.0.2.9998: Flags [.], ack 1, win 64240, options "
                     "[unknown-16,nop,nop], length 0");
}

static void wrong_lengths_are_shown(void **state)
{
    (void)state;
    print_check_case("opt mss badlen3", 0,
                     "IP 10.0.0.1.41000 > 10.0.0.2.9998: Flags [.], ack 1, win 64240, options "
                     "[mss 1281[len 3]], length 0");
    print_check_case("opt mss len5", 0,
                     "IP 10.0.0.1.41000 > 10.0.0.2.9998: Flags [.], ack 1, win 64240, options "
                     "[mss 1460[len 5],eol], length 0");
    print_check_case("opt ts len9", 0,
                     "IP 10.0.0.1.41000 > 10.0.0.2.9998: Flags [.], ack 1, win 64240, options "
                     "[TS val 1 ecr 1[len 9],nop,nop], length 0");
    print_check_case("opt sack invalid", 0,
                     "IP 10.0.0.1.41000 > 10.0.0.2.9998: Flags [.], ack 1, win 64240, options "
                     "[sack invalid sack,nop,nop,nop], length 0");
    print_check_case("opt ao short", 0,
                     "IP 10.0.0.1.41000 > 10.0.0.2.9998: Flags [.], ack 1, win 64240, options "
                     "[tcp-ao (invalid),nop], length 0");
}

static void impossible_lengths_end_the_list(void **state)
{
    (void)state;
    print_check_case("opt len0", 0,
                     "IP 10.0.0.1.41000 > 10.0.0.2.9998: Flags [.], ack 1, win 64240, options "
                     "[[bad opt]");
    print_check_case("opt len1", 0,
                     "IP 10.0.0.1.41000 > 10.0.0.2.9998: Flags [.], ack 1, win 64240, options "
                     "[[bad opt]");
    print_check_case("opt len>rem", 0,
                     "IP 10.0.0.1.41000 > 10.0.0.2.9998: Flags [.], ack 1, win 64240, options "
                     "[[bad opt]");
}

static void nothing_behind_eol(void **state)
{
    (void)state;
    print_check_case("opt eol then junk", 0,
                     "IP 10.0.0.1.41000 > 10.0.0.2.9998: Flags [.], ack 1, win 64240, options "
                     "[eol], length 0");
}

static void cut_captures(void **state)
{
    (void)state;
    print_check_case("cap54", 0,
                     "IP 10.0.0.1.42000 > 10.0.0.2.9997: Flags [P.], seq 1:51, ack 1, win "
                     "64240, options [ [|tcp]");
    print_check_case("cap55", 0,
                     "IP 10.0.0.1.42000 > 10.0.0.2.9997: Flags [P.], seq 1:51, ack 1, win "
                     "64240, options [ [|tcp]");
    print_check_case("cap56", 0,
                     "IP 10.0.0.1.42000 > 10.0.0.2.9997: Flags [P.], seq 1:51, ack 1, win "
                     "64240, options [TS [|tcp]");
    print_check_case("cap58", 0,
                     "IP 10.0.0.1.42000 > 10.0.0.2.9997: Flags [P.], seq 1:51, ack 1, win "
                     "64240, options [TS [|tcp]");
    print_check_case("cap64", 0,
                     "IP 10.0.0.1.42000 > 10.0.0.2.9997: Flags [P.], seq 1:51, ack 1, win "
                     "64240, options [TS val 1 ecr 2, [|tcp]");
    print_check_case("cap65", 0,
                     "IP 10.0.0.1.42000 > 10.0.0.2.9997: Flags [P.], seq 1:51, ack 1, win "
                     "64240, options [TS val 1 ecr 2,nop, [|tcp]");
    print_check_case("cap66", 0,
                     "IP 10.0.0.1.42000 > 10.0.0.2.9997: Flags [P.], seq 1:51, ack 1, win "
                     "64240, options [TS val 1 ecr 2,nop,nop], length 50");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_options),
        cmocka_unit_test(fast_open_and_experiments),
        cmocka_unit_test(unknown_options),
        cmocka_unit_test(wrong_lengths_are_shown),
        cmocka_unit_test(impossible_lengths_end_the_list),
        cmocka_unit_test(nothing_behind_eol),
        cmocka_unit_test(cut_captures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
