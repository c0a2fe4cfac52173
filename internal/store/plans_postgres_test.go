package store

import (
	"context"
	"flag"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"
)

// PostgreSQL keeps the plan that it made when a table was new until it has looked at the table again, which may be a minute after
// a million rows came. So it is asked while it knows nothing: where many keys are looked for, they must lead to the rows, and not
// be compared with each row that something else led to.

var (
	aMany    = regexp.MustCompile(`Filter: .*= ANY \(ARRAY\[`)
	manyKeys = regexp.MustCompile(`IN \((?:\?\d+, ){20,}`)
)

func postgresPlans(asked []string) (bad []string) {
	dsn := os.Getenv("LAUNCHPAD_TEST_POSTGRES")
	if dsn == "" {
		return nil // package lptest complains where it has to be there
	}
	ctx := context.Background()
	fine := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	admin, err := pgx.Connect(ctx, dsn)
	fine(err)
	defer admin.Close(ctx)
	schema := fmt.Sprintf("plans_%d", os.Getpid())
	_, err = admin.Exec(ctx, "CREATE SCHEMA "+schema)
	fine(err)
	defer admin.Exec(ctx, "DROP SCHEMA "+schema+" CASCADE")
	u, err := url.Parse(dsn)
	fine(err)
	query := u.Query()
	query.Set("search_path", schema)
	u.RawQuery = query.Encode()
	e, err := openPostgres(ctx, u.String())
	fine(err)
	defer e.close()
	conn, err := e.pool.Acquire(ctx)
	fine(err)
	defer conn.Release()
	some := false
	for n, text := range asked {
		if !manyKeys.MatchString(text) {
			continue
		}
		some = true
		text = strings.ReplaceAll(text, "?", "$")
		name := fmt.Sprintf("plan_%d", n)
		_, err := conn.Exec(ctx, "PREPARE "+name+" AS "+text)
		fine(err)
		nulls := strings.Repeat(", NULL", strings.Count(text, "$"))[2:]
		lines, err := conn.Query(ctx, "EXPLAIN EXECUTE "+name+"("+nulls+")")
		fine(err)
		plan, err := pgx.CollectRows(lines, pgx.RowTo[string])
		fine(err)
		for _, line := range plan {
			if aMany.MatchString(line) {
				bad = append(bad, "compares many keys with each row, in PostgreSQL:\n\t"+text)
			}
		}
	}
	if !some && flag.Lookup("test.run").Value.String() == "" {
		bad = append(bad, "no statement with many keys was noted")
	}
	return bad
}
