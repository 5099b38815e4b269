/*
 * Descriptors that vitro was started with, which are the program's.
 */
#ifndef VITRO_CLI_RUN_DESCRIPTORS_H
#define VITRO_CLI_RUN_DESCRIPTORS_H

/*
 * Lets go of all that this process was started with but standard error: who waits for the end of a
 * pipe is to see it when the program closes its own end, and a gateway that was taken over is to
 * have nothing of it. What vitro has opened itself, closed on exec, stays.
 */
void run_descriptors_drop(void);

#endif
