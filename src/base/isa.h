/*
 * base/isa.h: one source, several instruction sets. Each file of a room's kernels/ folder is compiled once per instruction set with CORNU_ISA
 * set to its name; functions that leave their file are named through CORNU_ISA_NAME so that the copies do not collide. Which of them runs is
 * chosen once, through a table (base/instruction_set.h).
 */
#ifndef CORNU_BASE_ISA_H
#define CORNU_BASE_ISA_H

#define CORNU_ISA_JOIN_(name, isa) name##_##isa
#define CORNU_ISA_JOIN(name, isa) CORNU_ISA_JOIN_(name, isa)
#define CORNU_ISA_NAME(name) CORNU_ISA_JOIN(name, CORNU_ISA)

#define CORNU_ISA_TEXT_(isa) #isa
#define CORNU_ISA_TEXT(isa) CORNU_ISA_TEXT_(isa)

#endif
