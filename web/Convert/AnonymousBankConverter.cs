using System.Globalization;
using NodaTime;
using NodaTime.Text;
using OpsMonitor.Grains.Events;

namespace OpsMonitor.Web.Conversion;

/// <summary>
/// The call log of an anonymous bank (Guedj and Mandelbaum): one row per call, tab separated, <c>YYMMDD</c> and
/// <c>H:MM:SS</c> without a zone, durations in seconds. Rules: docs/converters.md.
/// </summary>
public sealed class AnonymousBankConverter : ILogConverter
{
    private const string Queue = "bank";
    private const string NobodyNamed = "NO_SERVER";
    private static readonly Duration HalfDay = Duration.FromHours(12);
    private static readonly LocalDatePattern Day = LocalDatePattern.CreateWithInvariantCulture("yyMMdd");
    private static readonly LocalTimePattern Clock = LocalTimePattern.CreateWithInvariantCulture("H:mm:ss");

    public string Name => "anonymous-bank";

    public IEnumerable<CloudEvent> Convert(TextReader input, DateTimeZone zone)
    {
        using var csv = new CsvTable(input, '\t');
        for (var row = 1; csv.Read(); row++)
        {
            // A call id comes again on other days and lines; the row makes it one call's own.
            var contact = $"{csv.Text("call_id")}-{row.ToString(CultureInfo.InvariantCulture)}";
            var subject = new Subject(SubjectKind.Contact, contact).ToString();
            var sequence = 0;
            foreach (var (type, at, data) in Call(csv, zone))
                yield return new($"{contact}-{sequence}", Name, type, at, subject, sequence++, data);
        }
    }

    private static List<(string Type, Instant At, EventData Data)> Call(CsvTable csv, DateTimeZone zone)
    {
        var (entry, exit) = VoiceUnit(csv, zone);
        var (wait, talk) = (csv.Integer("q_time"), csv.Integer("ser_time"));
        var (left, outcome, customer) = (exit + Duration.FromSeconds(wait), csv.Text("outcome"), csv.Text("customer_id"));
        var events = new List<(string, Instant, EventData)>
        {
            ("contact.initiated", entry, new ContactInitiated(Channel.Phone, Direction.Inbound, CustomerRef: customer == "0" ? null : customer)),
        };
        if (outcome == "PHANTOM")
        {
            events.Add(("contact.abandoned", exit, new ContactAbandoned(AbandonStage.Ivr)));
            return events;
        }
        events.Add(("contact.queued", exit, new ContactQueued(Queue, Queue, Skill: LogText.Slug(csv.Text("type")), Priority: csv.Integer("priority"))));
        switch (outcome)
        {
            case "AGENT":
                events.Add(("contact.answered", left, new ContactAnswered(Agent(csv), Queue, wait)));
                events.Add(("contact.disconnected", left + Duration.FromSeconds(talk), new ContactDisconnected(DisconnectedBy.Customer, talk)));
                return events;
            case "HANG":
                events.Add(("contact.abandoned", left, new ContactAbandoned(AbandonStage.Queue, Queue, wait)));
                return events;
            default:
                throw csv.Bad($"outcome '{outcome}' is none of AGENT, HANG, PHANTOM");
        }
    }

    /// <summary>
    /// Into and out of the voice unit. An exit far before the entry is of the next day; one a little before it is the log's own
    /// fault (a negative vru_time), and the call then begins at its exit, which is what the waiting counts from.
    /// </summary>
    private static (Instant Entry, Instant Exit) VoiceUnit(CsvTable csv, DateTimeZone zone)
    {
        var day = csv.Value("date", Day);
        var entry = LogText.At(day + csv.Value("vru_entry", Clock), zone);
        var clock = csv.Value("vru_exit", Clock);
        var exit = LogText.At(day + clock, zone);
        if (entry - exit > HalfDay) exit = LogText.At(day.PlusDays(1) + clock, zone);
        return (Instant.Min(entry, exit), exit);
    }

    private static string Agent(CsvTable csv)
    {
        var server = csv.Text("server");
        return server == NobodyNamed ? "unknown" : LogText.Slug(server) ?? "unknown";
    }
}
