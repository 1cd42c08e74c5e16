/*
 * cpu/program.h: the inside of the CPU backend: a program, and the compiler that makes it.
 *
 * Compiling goes in steps, each a file:
 *   storage.c   where each node's elements lie: which nodes share memory, what is written in place, the arena's plan
 *   lower_*.c   which kernel computes each op, as instructions
 *   program.c   compile and run
 *
 * All tensors are plain row-major (images channels-last) in every program: measured, oneDNN's kernels are as fast on this layout as on its
 * blocked one (docs/performance.md), and so no kernel of ours knows another.
 */
#ifndef CORNU_BACKEND_CPU_PROGRAM_H
#define CORNU_BACKEND_CPU_PROGRAM_H

#include "backend/cpu/kernels/kernels.h"
#include "backend/cpu/onednn.h"
#include "backend/implementation.h"

typedef struct cornu__cpu {
    cornu__backend common;
    const cornu__cpu_kernels *kernels;
    cornu__onednn *onednn;
    char *arena;   /* of the running program; results lie in it */
    char *retired; /* the arena before it, while results of the last run may still lie there */
    bool arena_used;
    size_t arena_size;
    uint64_t arena_version; /* raised when the arena moves: programs bind their instructions anew */
} cornu__cpu;

/* --- where elements lie --- */

typedef enum cornu__place {
    CORNU__PLACE_ARENA,    /* planned: shares memory with what does not live at the same time */
    CORNU__PLACE_PRIVATE,  /* the program's own, kept between runs: constants, PACK's vectors, packed kernels */
    CORNU__PLACE_INPUT,    /* the caller's */
    CORNU__PLACE_VARIABLE, /* in a buffer */
    CORNU__PLACE_INSIDE    /* a part of another storage */
} cornu__place;

typedef struct cornu__storage {
    cornu__place place;
    int index;     /* input or buffer; the storage it is inside of */
    size_t offset; /* bytes: in the arena, private memory, buffer or the storage it is inside of */
    size_t size;
    int first, last; /* the ops between which it lives */
} cornu__storage;

/* What an instruction reads or writes: bytes from `offset` of a storage. */
typedef struct cornu__slot {
    int storage;
    size_t offset;
} cornu__slot;

/* --- instructions --- */

typedef struct cornu__instruction cornu__instruction;

typedef struct cornu__cpu_run {
    const cornu__cpu_kernels *kernels;
    const cornu__run_state *state;
} cornu__cpu_run;

typedef cornu_status cornu__instruction_function(const cornu__instruction *instruction, const cornu__cpu_run *run);

struct cornu__instruction {
    cornu__instruction_function *run;
    void *detail; /* what the function needs to know, made at compile time */
    int threads;
    void **operand; /* inputs, outputs, then scratch: set when the program is bound */
    int operand_count;
    cornu__slot *slot;
    /* a kernel of oneDNN, which is told its operands when they change; else NULL */
    cornu__onednn_kernel *onednn;
    /* packs a convolution kernel: `watched` is the buffer it comes from (NULL: run always), see program.c */
    bool packs;
    cornu__buffer *watched;
    uint64_t packed_version;
    char *name;
};

/* A label check made before anything runs, so that a step that fails leaves variables alone. */
typedef struct cornu__label_check {
    int input;
    int64_t count, limit;
    char *name;
} cornu__label_check;

typedef struct cornu__cpu_program {
    cornu__program common;
    cornu__instruction *instructions;
    int instruction_count, instruction_capacity;
    cornu__storage *storages;
    int storage_count, storage_capacity;
    cornu__slot *results;
    const void **bound_inputs; /* what the instructions were last bound to */
    uint64_t bound_arena;
    char *bound_base; /* that arena */
    cornu__label_check *checks;
    int check_count;
    bool *assigns; /* per buffer */
    char *private_memory;
    size_t private_size, arena_size;
    cornu__graph *graph;      /* a copy, if an op runs its plain kernel; else NULL */
    struct cornu__kept *kept; /* blocks freed with the program */
    int reorders, pack_count;
    double flops;
} cornu__cpu_program;

/* Zeroed memory that lives as long as the program; NULL with the error set. */
void *cornu__cpu_keep(cornu__cpu_program *program, size_t size);
/* A copy of `text` that lives as long. */
char *cornu__cpu_keep_text(cornu__cpu_program *program, const char *text);

/* --- compiling --- */

typedef struct cornu__compiler {
    cornu__cpu_program *program;
    cornu__cpu *backend;
    cornu__graph *graph;
    cornu__slot *slots;      /* by node id */
    bool *assigned_in_place; /* by number of the ASSIGN op */
    int op_number;           /* being lowered */
} cornu__compiler;

/* storage.c */
cornu_status cornu__compiler_place(cornu__compiler *compiler);
cornu_status cornu__storage_add(cornu__cpu_program *program, cornu__storage storage, int *index);
/* The storage and offset that a slot comes down to. */
cornu__slot cornu__slot_resolve(const cornu__cpu_program *program, cornu__slot slot);
bool cornu__slot_same(const cornu__cpu_program *program, cornu__slot a, cornu__slot b);
cornu_status cornu__plan_memory(cornu__cpu_program *program);
/* Whether an op's inputs and outputs are elements in the same order, so that an output may take an input's memory. */
bool cornu__op_in_place(const cornu__op *op, int input);

/* lower.c: adds an instruction for `op` with its inputs and outputs (as many as are wanted: -1 all) as operands, then
 * `scratch_size` bytes if not 0. The name is "<op's name>: <kind> <words> <shapes>". NULL with the error set. */
cornu__instruction *cornu__compiler_emit(cornu__compiler *compiler, const cornu__op *op, const char *words,
                                         cornu__instruction_function *run, void *detail, int threads,
                                         size_t scratch_size);
/* The same with slots of the caller's choice. */
cornu__instruction *cornu__compiler_emit_slots(cornu__compiler *compiler, const cornu__op *op, const char *words,
                                               cornu__instruction_function *run, void *detail, int threads, int count,
                                               const cornu__slot *slots);
cornu_status cornu__compiler_scratch(cornu__compiler *compiler, size_t size, cornu__slot *slot);
/* Memory for an instruction's detail; NULL with the error set. */
void *cornu__compiler_detail(cornu__compiler *compiler, size_t size);
/* 1, or all threads if the work takes long enough to be worth waking them. */
int cornu__compiler_threads(const cornu__compiler *compiler, double nanoseconds);
static inline cornu__slot cornu__slot_of(const cornu__compiler *compiler, const cornu_node *node)
{
    return compiler->slots[node->id];
}
cornu_status cornu__lower_op(cornu__compiler *compiler, const cornu__op *op);

/* lower_*.c: CORNU_ERROR_UNSUPPORTED where there is no fast kernel for just this op; the plain kernel is then taken. */
cornu_status cornu__lower_fused(cornu__compiler *compiler, const cornu__op *op);
cornu_status cornu__lower_elementwise(cornu__compiler *compiler, const cornu__op *op);
cornu_status cornu__lower_matmul(cornu__compiler *compiler, const cornu__op *op);
cornu_status cornu__lower_convolution(cornu__compiler *compiler, const cornu__op *op);
cornu_status cornu__lower_pool(cornu__compiler *compiler, const cornu__op *op);
cornu_status cornu__lower_batch_norm(cornu__compiler *compiler, const cornu__op *op);
cornu_status cornu__lower_rows(cornu__compiler *compiler, const cornu__op *op);
cornu_status cornu__lower_reduce(cornu__compiler *compiler, const cornu__op *op);
cornu_status cornu__lower_random(cornu__compiler *compiler, const cornu__op *op);
cornu_status cornu__lower_move(cornu__compiler *compiler, const cornu__op *op);
cornu_status cornu__lower_reference(cornu__compiler *compiler, const cornu__op *op);
/* `out` := x broadcast to the shape of `y`. */
cornu_status cornu__compiler_emit_broadcast(cornu__compiler *compiler, const cornu__op *op, const cornu_node *x,
                                            const cornu_node *y, cornu__slot out);
/* `to` := the bytes of `from`. */
cornu_status cornu__compiler_emit_copy(cornu__compiler *compiler, const cornu__op *op, cornu__slot from, cornu__slot to,
                                       size_t size);

#endif
