# cmake -DNODE=... -DNPM=... -DSOURCE=web -DMODULES=build/web-npm -DOUT=build/web -P web.cmake
#
# npm ci (only when the lock file changed), then the bundle. Without a network the build goes on:
# reports then come with tables instead of charts, and the next build tries again.
file(SHA256 "${SOURCE}/package-lock.json" lock)
set(installed "")
if(EXISTS "${MODULES}/installed.txt")
  file(READ "${MODULES}/installed.txt" installed)
endif()
if(NOT installed STREQUAL lock)
  file(MAKE_DIRECTORY "${MODULES}")
  file(COPY "${SOURCE}/package.json" "${SOURCE}/package-lock.json" DESTINATION "${MODULES}")
  execute_process(
    COMMAND "${NPM}" ci --ignore-scripts --no-audit --no-fund --loglevel=error --fetch-retries=1
            --fetch-retry-mintimeout=500 --fetch-retry-maxtimeout=5000
    WORKING_DIRECTORY "${MODULES}"
    RESULT_VARIABLE failed
    ERROR_VARIABLE why
    OUTPUT_QUIET)
  if(failed)
    message(WARNING "npm ci failed: reports will come with tables instead of charts.\n${why}")
    return()
  endif()
  file(WRITE "${MODULES}/installed.txt" "${lock}")
endif()
file(MAKE_DIRECTORY "${OUT}")
execute_process(
  COMMAND "${NODE}" "${SOURCE}/build.mjs" "${MODULES}" "${OUT}"
  RESULT_VARIABLE failed
  ERROR_VARIABLE why)
if(failed)
  message(WARNING "the chart bundle failed: reports will come with tables.\n${why}")
endif()
