package core

import (
	"slices"
	"strings"
	"testing"
)

func FuzzNormalEmail(f *testing.F) {
	for _, seed := range []string{"a@b.example", " A@B.Example ", "a@b@c", "@b", "a@", `"a"@b`, "a@b..c", "ä@b.example"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		email, ok := NormalEmail(s)
		if !ok {
			return
		}
		again, ok := NormalEmail(email)
		if !ok || again != email || strings.Count(email, "@") != 1 || email != strings.ToLower(email) {
			t.Errorf("%q became %q, then %q", s, email, again)
		}
	})
}

func FuzzSlugOf(f *testing.F) {
	for _, seed := range []string{"", "Sample Bakery", "  --", "Ünïcode", "9 lives", strings.Repeat("ab ", 50)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if slug := SlugOf(name); !ValidSlug(slug) {
			t.Errorf("%q became %q", name, slug)
		}
	})
}

func FuzzParseID(f *testing.F) {
	f.Add("01a20a54-b1ca-7cc2-8f13-fecfb5bea083")
	f.Fuzz(func(t *testing.T, s string) {
		if id, err := ParseID(s); err == nil && id.String() != s {
			t.Errorf("%q has a second spelling %q", s, id)
		}
	})
}

func TestReach(t *testing.T) {
	a, b, c := ID{1}, ID{2}, ID{3}
	all := Reach{All: true, Default: a}
	some := Reach{Accounts: []ID{a, b}, Default: b}
	for name, got := range map[string]Reach{
		"all and some":  all.And(some),
		"some and all":  some.And(all),
		"some and one":  some.And(Reach{Accounts: []ID{b, c}}),
		"some and none": some.And(Reach{}),
	} {
		for _, id := range []ID{a, b, c} {
			want := name != "some and none" && (id == b || id == a && name != "some and one")
			if got.Includes(id) != want {
				t.Errorf("%s: includes %v = %v, want %v", name, id, !want, want)
			}
		}
		if got.All {
			t.Errorf("%s reaches everything", name)
		}
	}
}

func TestVisibleNames(t *testing.T) {
	for name, want := range map[string]bool{
		"Acme Reports": true, "شركة": true, "O'Brien & Söhne": true, "": false, " lead": false, "zero\u200bwidth": false, "right\u202eto left": false,
		"<b>": false, "line\nbreak": false, strings.Repeat("x", 61): false, strings.Repeat("é", 60): true,
	} {
		if VisibleName(name) != want {
			t.Errorf("%q: %v, want %v", name, !want, want)
		}
	}
}

func TestRiskyScopesComeFirst(t *testing.T) {
	catalog := Catalog{{Name: "a"}, {Name: "b", Risky: true}, {Name: "c", Changes: true}, {Name: "d", Changes: true, Risky: true}, {Name: "e", Risky: true}}
	sees, changes := catalog.Split(catalog.Published())
	var got []string
	for _, info := range append(sees, changes...) {
		got = append(got, info.Name)
	}
	if want := []string{"b", "e", "a", "d", "c"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
