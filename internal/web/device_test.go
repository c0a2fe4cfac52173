package web

import "testing"

func TestBrowsersInWords(t *testing.T) {
	for userAgent, want := range map[string]Device{
		"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0":                                                                     {"Firefox", "Linux"},
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36":                            {"Chrome", "Windows"},
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0":              {"Edge", "Windows"},
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15":                      {"Safari", "macOS"},
		"Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/140.0.0.0 Mobile/15E148 Safari/604.1": {"Chrome", "iPhone"},
		"Mozilla/5.0 (Linux; Android 16; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36":        {"Samsung Internet", "Android"},
		"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36":                             {"Chrome", "ChromeOS"},
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/140.0.0.0 Safari/537.36":                              {"Chrome", "Linux"},
		"curl/8.14.1":                        {"curl", ""},
		"Go-http-client/1.1":                 {"", ""},
		"":                                   {"", ""},
		"<script>Firefox/1</script> Windows": {"Firefox", "Windows"},
	} {
		if got := DeviceOf(userAgent); got != want {
			t.Errorf("%q: got %v, want %v", userAgent, got, want)
		}
	}
}

func TestPlacesLeaveTheRestOpen(t *testing.T) {
	for address, want := range map[string]string{
		"203.0.113.77": "203.0.113.x", "203.0.113.0/24": "203.0.113.x", "::ffff:203.0.113.77": "203.0.113.x", "127.0.0.1": "127.0.0.x",
		"2001:db8:1:2:3:4:5:6": "2001:db8:1::x", "2001:db8:1::/48": "2001:db8:1::x", "fe80::1%eth0": "fe80::x", "::1": "::x",
		"": "", "nonsense": "", "203.0.113.77:80": "",
	} {
		if got := PlaceOf(address); got != want {
			t.Errorf("%q: got %q, want %q", address, got, want)
		}
	}
}

// LG-like: whatever a browser says of itself, only our own words come out.
func FuzzDeviceOf(f *testing.F) {
	for _, seed := range []string{"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Edg", "\xff\x00", "<b>"} {
		f.Add(seed)
	}
	known := map[string]bool{"": true}
	for _, pair := range append(browsers, systems...) {
		known[pair[1]] = true
	}
	f.Fuzz(func(t *testing.T, userAgent string) {
		if d := DeviceOf(userAgent); !known[d.Browser] || !known[d.System] {
			t.Errorf("%q: got %v", userAgent, d)
		}
	})
}
