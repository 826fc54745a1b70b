// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <libpq-fe.h>

namespace iptracking {

/// The functions of libpq that we use.
#define IPTRACKING_LIBPQ_FUNCTIONS(F)                                                                                  \
    F(PQclear)                                                                                                         \
    F(PQconndefaults)                                                                                                  \
    F(PQconnectdbParams)                                                                                               \
    F(PQconninfoFree)                                                                                                  \
    F(PQconsumeInput)                                                                                                  \
    F(PQenterPipelineMode)                                                                                             \
    F(PQerrorMessage)                                                                                                  \
    F(PQexec)                                                                                                          \
    F(PQexecParams)                                                                                                    \
    F(PQfinish)                                                                                                        \
    F(PQflush)                                                                                                         \
    F(PQgetResult)                                                                                                     \
    F(PQgetisnull)                                                                                                     \
    F(PQgetvalue)                                                                                                      \
    F(PQhost)                                                                                                          \
    F(PQisBusy)                                                                                                        \
    F(PQntuples)                                                                                                       \
    F(PQparameterStatus)                                                                                               \
    F(PQpipelineSync)                                                                                                  \
    F(PQresultErrorField)                                                                                              \
    F(PQresultErrorMessage)                                                                                            \
    F(PQresultStatus)                                                                                                  \
    F(PQsendQueryParams)                                                                                               \
    F(PQserverVersion)                                                                                                 \
    F(PQsetNoticeProcessor)                                                                                            \
    F(PQsetSingleRowMode)                                                                                              \
    F(PQsetnonblocking)                                                                                                \
    F(PQsocket)                                                                                                        \
    F(PQstatus)

struct Libpq {
#define IPTRACKING_DECLARE(name) decltype(&::name) name;
    IPTRACKING_LIBPQ_FUNCTIONS(IPTRACKING_DECLARE)
#undef IPTRACKING_DECLARE
};

/// libpq, loaded when it is asked for the first time, for good: with its some twenty libraries it would triple the time
/// that a program takes to start, of which one with another database should not pay.  Throws an Error where there is
/// none.
const Libpq &libpq();

} // namespace iptracking
