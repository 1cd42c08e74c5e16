/*
 * whitening.c: ZCA: the symmetric matrix that makes the values of pictures uncorrelated and of equal variance and changes the pictures least
 * (A. Bell and T. Sejnowski, "The independent components of natural scenes are edge filters", Vision Research 37(23), 1997).
 *
 * With the eigenvectors U and eigenvalues s of the covariance it is U diag(f(s)) U'. The eigenvectors come from LAPACK.
 */
#include <cblas.h>
#include <lapacke.h>
#include <math.h>

#include "base/memory.h"
#include "image/image_data_generator.h"

#define LARGEST 32000 /* LAPACK counts its workspace, 2 n^2, in 32 bits */

int64_t cornu__whitening_memory(int64_t size)
{
    /* the products and their eigenvectors, 8 bytes; LAPACK's workspace, 16; the matrix in float, 4 */
    return size > LARGEST ? -1 : 28 * size * size;
}

/* products := eigenvectors in its rows; values := eigenvalues, ascending. */
static cornu_status decompose(double *products, int64_t size, double *values)
{
    lapack_int n = (lapack_int)size, work_count = 1 + 6 * n + 2 * n * n, integer_count = 3 + 5 * n;
    double *work = cornu__alloc_array((size_t)work_count, sizeof *work);
    lapack_int *integers = cornu__alloc_array((size_t)integer_count, sizeof *integers);
    cornu_status status = work && integers ? CORNU_OK : CORNU_ERROR_OUT_OF_MEMORY;
    if (status == CORNU_OK) {
        /* The upper triangle by rows is the lower one by columns. */
        lapack_int info = LAPACKE_dsyevd_work(LAPACK_COL_MAJOR, 'V', 'L', n, products, n, values, work, work_count,
                                              integers, integer_count);
        if (info != 0)
            status = cornu__fail(CORNU_ERROR_DATA,
                                 "zca_whitening: the eigenvalues of the covariance were not found (LAPACK's dsyevd "
                                 "says %d): the data may hold values that are not finite",
                                 (int)info);
    }
    cornu__free(work);
    cornu__free(integers);
    return status;
}

/* What the direction of eigenvalue `value` is multiplied by. */
static double factor(double value, int64_t count, double epsilon, bool kp112)
{
    value = value > 0 ? value : 0; /* rounding may leave it below */
    if (kp112)
        return 1 / sqrt(value + epsilon);
    double singular = sqrt(value * (double)count);
    return sqrt((double)count) / (singular + epsilon);
}

cornu_status cornu__whitening_make(double *products, int64_t size, int64_t count, double epsilon, bool kp112,
                                   float *whitening)
{
    double *values = cornu__alloc_array((size_t)size, sizeof *values);
    if (!values)
        return CORNU_ERROR_OUT_OF_MEMORY;
    for (int64_t i = 0; i < size * size; i++)
        products[i] /= (double)count;
    cornu_status status = decompose(products, size, values);
    /* Keras 3 takes as many directions as there are pictures; the others have not been seen and are left out. */
    int64_t first = kp112 || count >= size ? 0 : size - count;
    for (int64_t i = first; i < size && status == CORNU_OK; i++)
        cblas_dscal((int)size, sqrt(factor(values[i], count, epsilon, kp112)), products + i * size, 1);
    if (status == CORNU_OK) {
        double *whole = cornu__alloc_array((size_t)(size * size), sizeof *whole);
        status = whole ? CORNU_OK : CORNU_ERROR_OUT_OF_MEMORY;
        if (whole)
            cblas_dsyrk(CblasRowMajor, CblasUpper, CblasTrans, (int)size, (int)(size - first), 1,
                        products + first * size, (int)size, 0, whole, (int)size);
        for (int64_t row = 0; row < size && whole; row++) {
            for (int64_t column = row; column < size; column++)
                whitening[row * size + column] = whitening[column * size + row] = (float)whole[row * size + column];
        }
        cornu__free(whole);
    }
    cornu__free(values);
    return status;
}
