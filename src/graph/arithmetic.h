/* graph/arithmetic.h: short names for long chains of ops; numbers are constants of the tensor's dtype. */
#ifndef CORNU_GRAPH_ARITHMETIC_H
#define CORNU_GRAPH_ARITHMETIC_H

#include "graph/graph.h"

static inline cornu_node *cornu__add(cornu_node *a, cornu_node *b)
{
    return cornu__op_binary(CORNU__OP_ADD, a, b);
}

static inline cornu_node *cornu__subtract(cornu_node *a, cornu_node *b)
{
    return cornu__op_binary(CORNU__OP_SUBTRACT, a, b);
}

static inline cornu_node *cornu__multiply(cornu_node *a, cornu_node *b)
{
    return cornu__op_binary(CORNU__OP_MULTIPLY, a, b);
}

static inline cornu_node *cornu__divide(cornu_node *a, cornu_node *b)
{
    return cornu__op_binary(CORNU__OP_DIVIDE, a, b);
}

/* x factor */
static inline cornu_node *cornu__scale(cornu_node *x, double factor)
{
    return cornu__op_binary_scalar(CORNU__OP_MULTIPLY, x, factor);
}

/* x + by */
static inline cornu_node *cornu__shift(cornu_node *x, double by)
{
    return cornu__op_binary_scalar(CORNU__OP_ADD, x, by);
}

/* 1 - x */
static inline cornu_node *cornu__one_minus(cornu_node *x)
{
    return cornu__op_scalar_binary(CORNU__OP_SUBTRACT, 1, x);
}

static inline cornu_node *cornu__negate(cornu_node *x)
{
    return cornu__op_unary(CORNU__OP_NEGATE, x);
}

static inline cornu_node *cornu__square(cornu_node *x)
{
    return cornu__op_unary(CORNU__OP_SQUARE, x);
}

static inline cornu_node *cornu__sqrt(cornu_node *x)
{
    return cornu__op_unary(CORNU__OP_SQRT, x);
}

/* The sum of all elements, a scalar. */
static inline cornu_node *cornu__sum_all(cornu_node *x)
{
    return cornu__op_reduce(CORNU__OP_SUM, x, 0, NULL, false);
}

#endif
