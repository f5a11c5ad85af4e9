// Says what it was started with.
process.stdout.write(JSON.stringify({ argv: process.argv.slice(2), execArgv: process.execArgv }))
