package web

import (
	"net/netip"
	"strings"

	"launchpad/internal/core"
)

// Device is what a browser says of itself, in words that people know. What is not known is "".
type Device struct{ Browser, System string }

// The first that is found counts: browsers name their ancestors, too, and systems those that they grew out of.
var (
	browsers = [][2]string{
		{"Edg", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser/", "Samsung Internet"}, {"Vivaldi/", "Vivaldi"}, {"YaBrowser/", "Yandex Browser"},
		{"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"}, {"CriOS/", "Chrome"}, {"HeadlessChrome/", "Chrome"}, {"Chrome/", "Chrome"}, {"Chromium/", "Chromium"},
		{"Safari/", "Safari"}, {"curl/", "curl"},
	}
	systems = [][2]string{
		{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"CrOS", "ChromeOS"}, {"Windows", "Windows"},
		{"Macintosh", "macOS"}, {"Mac OS X", "macOS"}, {"FreeBSD", "FreeBSD"}, {"OpenBSD", "OpenBSD"}, {"Linux", "Linux"},
	}
)

// DeviceOf reads a User-Agent header (RFC 9110 §10.1.5). It is a courtesy to people who look for a browser of theirs in
// a list; nothing is decided by it, since anybody can say anything.
func DeviceOf(userAgent string) Device {
	return Device{firstIn(userAgent, browsers), firstIn(userAgent, systems)}
}

func firstIn(text string, known [][2]string) string {
	for _, pair := range known {
		if strings.Contains(text, pair[0]) {
			return pair[1]
		}
	}
	return ""
}

// PlaceOf writes the network of an address the way people write addresses, the rest left open: 203.0.113.x. What is no
// address is "".
func PlaceOf(address string) string {
	network, err := netip.ParsePrefix(core.NetworkOf(address))
	if err != nil {
		return ""
	}
	text := network.Addr().String()
	if network.Addr().Is4() {
		return text[:strings.LastIndexByte(text, '.')] + ".x"
	}
	return text + "x"
}
