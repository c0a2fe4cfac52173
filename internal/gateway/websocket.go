package gateway

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"launchpad/oauth"
)

// webSocket is the only protocol that a call may become. RFC 6455 §1.3.
const webSocket = "websocket"

func isUpgrade(r *http.Request) bool { return len(r.Header["Upgrade"]) > 0 }

// upgradable refuses calls that want to become something else. Whoever lets HTTP/2 or a tunnel begin behind a gateway that
// has looked at the first request only, lets the others pass unseen.
func upgradable(r *http.Request, api *API) error {
	if !isUpgrade(r) {
		return nil
	}
	if !api.WebSocket || r.Method != http.MethodGet || len(r.Header["Upgrade"]) != 1 || !strings.EqualFold(r.Header["Upgrade"][0], webSocket) || !asksUpgrade(r.Header["Connection"]) || r.ContentLength != 0 {
		return oauth.InvalidRequest("upgrade_refused", "this call does not become another protocol; send it without Upgrade")
	}
	// RFC 6455 §10.2: a browser lets any site open one, and says only which it was.
	origin := r.Header.Get("Origin")
	if origin == "" || slices.Contains(api.Origins, origin) {
		return nil
	}
	if u, err := url.Parse(origin); err == nil && strings.EqualFold(u.Host, r.Host) {
		return nil
	}
	return oauth.AccessDenied("origin_refused", "pages of this origin may not open a WebSocket here").Got(oauth.Printable(origin), "an origin that the operator allows").WithStatus(http.StatusForbidden)
}

func asksUpgrade(lines []string) bool {
	for _, line := range lines {
		for word := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(word), "upgrade") {
				return true
			}
		}
	}
	return false
}

// upgrade joins the caller and the upstream, until one of them ends or the token does.
func (a *answer) upgrade() error {
	back, ok := a.res.Body.(io.ReadWriteCloser)
	if !ok || !a.passage.become || !strings.EqualFold(a.res.Header.Get("Upgrade"), webSocket) {
		a.res.Body.Close()
		return oauth.BadGateway("upstream_unreachable", "the API behind this address does not answer; try again later").Because(errors.New("switched to a protocol that nobody asked for"))
	}
	defer back.Close()
	a.late.Stop()
	h := a.w.Header()
	answerHeader(h, a.res.Header)
	h["Connection"], h["Upgrade"] = []string{"Upgrade"}, []string{webSocket}
	front, buffered, err := http.NewResponseController(a.w).Hijack()
	if err != nil {
		return fmt.Errorf("take over the connection: %w", err)
	}
	defer front.Close()
	_ = front.SetDeadline(time.Time{})
	if err := switchTo(buffered.Writer, h); err != nil {
		a.passage.record.Cause = err
		return nil
	}
	defer a.watch()()
	a.passage.record.Cause = join(a.ctx, front, buffered.Reader, back)
	return nil
}

func switchTo(w *bufio.Writer, h http.Header) error {
	_, err := w.WriteString("HTTP/1.1 101 Switching Protocols\r\n")
	if err == nil {
		err = h.Write(w)
	}
	if err == nil {
		_, err = w.WriteString("\r\n")
	}
	return errors.Join(err, w.Flush())
}

// join copies both ways. What ends one way ends the other, too.
func join(ctx context.Context, front net.Conn, fromFront *bufio.Reader, back io.ReadWriteCloser) error {
	end := func() {
		front.Close()
		back.Close()
	}
	defer context.AfterFunc(ctx, end)()
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer end()
		_, _ = io.Copy(back, fromFront)
	}()
	_, _ = io.Copy(front, back)
	end()
	<-done
	return context.Cause(ctx)
}
