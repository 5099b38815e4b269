/*
 * A program that uses an installed libvitro: header and library must be of one version. Built as C
 * and as C++, against the shared library and the archive, by tests/consumer/check.
 */
#include <vitro.h>

#include <stdio.h>
#include <string.h>

int main(void)
{
    printf("headers %s, library %s\n", VITRO_VERSION_TEXT, vitro_version());
    return strcmp(VITRO_VERSION_TEXT, vitro_version()) == 0 ? 0 : 1;
}
