// A publisher that is no bottleneck: MQTT 3.1.1, QoS 1, the benchmark's messages of five fields with the time of
// sending, in turn over all equipment, at an even rate or as fast as the broker acknowledges, for so many seconds.
//
// Every 200 ms, and at the end, a line "SECONDS PUBLISHED ACKNOWLEDGED" of the wall clock and the counts so far.
package main

import (
	"bufio"
	"encoding/binary"
	"flag"
	"fmt"
	"io"
	"log"
	"math/rand"
	"net"
	"os"
	"os/signal"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	tick     = 5 * time.Millisecond
	reports  = 200 * time.Millisecond
	variants = 4096 // of the values: enough that no two neighbours are alike
)

func main() {
	log.SetFlags(0)
	address := flag.String("address", "", "host:port of the broker")
	site := flag.String("site", "bench", "site of the topics")
	equipment := flag.Int("equipment", 1000, "how many pieces, BP-0001 and so on")
	rate := flag.Float64("rate", 0, "messages a second; 0 is as fast as it goes")
	seconds := flag.Float64("seconds", 10, "for how long")
	window := flag.Int("window", 20000, "messages on their way, below 65,535")
	flag.Parse()
	if err := run(*address, *site, *equipment, *rate, *seconds, *window); err != nil {
		log.Fatal("publisher: ", err)
	}
}

func run(address, site string, equipment int, rate, seconds float64, window int) error {
	connection, err := net.DialTimeout("tcp", address, 10*time.Second)
	if err != nil {
		return err
	}
	defer connection.Close()
	if err := connect(connection); err != nil {
		return err
	}
	var acknowledged atomic.Int64
	ended := make(chan error, 1)
	go func() { ended <- countAcknowledgements(connection, &acknowledged) }()
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)

	messages := newMessages(site, equipment)
	began, told := time.Now(), time.Time{}
	length := time.Duration(seconds * float64(time.Second))
	published := int64(0)
	buffer := make([]byte, 0, 1<<20)
	for time.Since(began) < length {
		select {
		case <-stop:
			length = 0
			continue
		case err := <-ended:
			return err
		default:
		}
		if time.Since(told) >= reports {
			told = time.Now()
			report(published, acknowledged.Load())
		}
		due := int64(window) - (published - acknowledged.Load())
		if rate > 0 {
			due = min(due, int64(time.Since(began).Seconds()*rate)-published)
		}
		buffer = buffer[:0]
		for range min(due, int64(equipment)) {
			published++
			buffer = messages.appendNext(buffer, uint16(published%65535+1))
		}
		if _, err := connection.Write(buffer); err != nil {
			return err
		}
		if rate > 0 && due <= int64(equipment) {
			time.Sleep(tick)
		} else if due <= 0 {
			time.Sleep(tick / 10)
		}
	}
	for deadline := time.Now().Add(30 * time.Second); acknowledged.Load() < published; {
		if time.Now().After(deadline) {
			return fmt.Errorf("the broker acknowledged %d of %d messages", acknowledged.Load(), published)
		}
		time.Sleep(tick)
	}
	report(published, acknowledged.Load())
	return nil
}

func report(published, acknowledged int64) {
	fmt.Printf("%.3f %d %d\n", float64(time.Now().UnixMicro())/1e6, published, acknowledged)
}

func connect(connection net.Conn) error {
	// Protocol "MQTT" level 4, clean session, no keepalive.
	body := []byte("\x00\x04MQTT\x04\x02\x00\x00")
	name := fmt.Sprintf("iot-maint-publisher-%d", os.Getpid())
	body = append(binary.BigEndian.AppendUint16(body, uint16(len(name))), name...)
	if _, err := connection.Write(append([]byte{0x10, byte(len(body))}, body...)); err != nil {
		return err
	}
	answer := make([]byte, 4)
	if _, err := io.ReadFull(connection, answer); err != nil {
		return err
	}
	if answer[0] != 0x20 || answer[3] != 0 {
		return fmt.Errorf("the broker refuses the publisher: % x", answer)
	}
	return nil
}

// countAcknowledgements reads PUBACK packets, of four bytes each, until the connection ends.
func countAcknowledgements(connection net.Conn, acknowledged *atomic.Int64) error {
	reader := bufio.NewReaderSize(connection, 1<<16)
	packet := make([]byte, 4)
	for {
		if _, err := io.ReadFull(reader, packet); err != nil {
			return fmt.Errorf("the broker closed the connection: %w", err)
		}
		if packet[0] != 0x40 {
			return fmt.Errorf("the broker sent a packet that is no acknowledgement: % x", packet)
		}
		acknowledged.Add(1)
	}
}

type messages struct {
	topics []string
	values []string
	turn   int
	number int
	atMs   int64
}

func newMessages(site string, equipment int) *messages {
	chance := rand.New(rand.NewSource(1))
	made := &messages{}
	for number := 1; number <= equipment; number++ {
		made.topics = append(made.topics, fmt.Sprintf("iot/v1/%s/BP-%04d/telemetry", site, number))
	}
	for range variants {
		made.values = append(made.values, fmt.Sprintf(
			`"running":true,"vib_rms":%.4f,"bearing_temp":%.4f,"discharge_pressure":%.4f,"motor_current_ratio":%.4f`,
			2.1+0.1*chance.NormFloat64(), 55+0.5*chance.NormFloat64(),
			0.62+0.004*chance.NormFloat64(), 0.8+0.02*chance.NormFloat64(),
		))
	}
	return made
}

func (m *messages) appendNext(buffer []byte, identifier uint16) []byte {
	if m.turn == 0 {
		// No two messages of one piece of equipment have the same time: they would be one point.
		m.atMs = max(time.Now().UnixMilli(), m.atMs+1)
	}
	topic, values := m.topics[m.turn], m.values[m.number]
	m.turn, m.number = (m.turn+1)%len(m.topics), (m.number+1)%variants
	time := strconv.FormatInt(m.atMs, 10)
	const opening, middle, end = `{"ts":`, `,"values":{`, `}}`
	length := 2 + len(topic) + 2 + len(opening) + len(time) + len(middle) + len(values) + len(end)
	buffer = append(buffer, 0x32)
	for ; length >= 128; length /= 128 {
		buffer = append(buffer, byte(length%128)|0x80)
	}
	buffer = append(buffer, byte(length))
	buffer = append(binary.BigEndian.AppendUint16(buffer, uint16(len(topic))), topic...)
	buffer = binary.BigEndian.AppendUint16(buffer, identifier)
	buffer = append(append(append(buffer, opening...), time...), middle...)
	return append(append(buffer, values...), end...)
}
