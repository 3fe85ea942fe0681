using System.Globalization;
using OpsMonitor.Grains.Events;

namespace OpsMonitor.Bench;

/// <summary>Days of a desk in any number, each like the others, in the order of their times: half of the events are contacts', half tickets'.</summary>
internal static class Days
{
    private const long Day = 86_400_000, Shift = 20 * 60_000;
    private const int Agents = 40;
    private static int _ids;

    /// <param name="states">whether the agents say what they do as well, every ten minutes</param>
    public static IEnumerable<Event> Told(DateTimeOffset start, int days, int perDay, bool states = false)
    {
        var (contacts, tickets, carried) = (perDay / 12, perDay / 18, new PriorityQueue<(string Subject, string Type, long At), long>());
        for (var day = 0; day < days; day++)
        {
            var from = start.ToUnixTimeMilliseconds() + (day * Day);
            for (var i = 0; i < contacts; i++) Contact(carried, day, i, from + (i * Day / contacts), contacts);
            for (var i = 0; i < tickets; i++) Ticket(carried, day, i, from + (i * Day / tickets));
            for (var at = from; states && at < from + Day; at += Shift)
                for (var agent = 0; agent < Agents; agent++) Agent(carried, agent, at + (agent * 1_000));
            while (carried.TryPeek(out var next, out var at) && at < from + Day)
            {
                carried.Dequeue();
                yield return Event(next.Subject, next.Type, at);
            }
        }
    }

    private static void Contact(PriorityQueue<(string, string, long), long> told, int day, int i, long at, int contacts)
    {
        var who = $"contact/c-{day}-{i}";
        void Say(long after, string type) => told.Enqueue((who, type, at + after), at + after);
        Say(0, $$"""contact.initiated","data":{"channel":"phone","direction":"inbound","customer_ref":"k-{{Caller(day, i) % (contacts * 60L)}}"}""");
        Say(2_000, $$"""contact.queued","data":{"queue_id":"q{{i % 8}}"}""");
        Say(9_000 + (i % 30 * 1_000), $$"""contact.answered","data":{"agent_id":"a{{i % 40}}"}""");
        Say(260_000, """contact.disconnected","data":{"by":"customer"}""");
        Say(280_000, $$"""contact.wrapup_completed","data":{"agent_id":"a{{i % 40}}","acw_s":20}""");
    }

    // As if by chance, and the same in every run: most call every other month, some twice in a week.
    private static long Caller(int day, int i) => (long)((((ulong)day << 32 | (uint)i) * 0x9E3779B97F4A7C15) >> 20);

    private static void Agent(PriorityQueue<(string, string, long), long> told, int agent, long at)
    {
        told.Enqueue(($"agent/a{agent}", """agent.state_changed","data":{"state":"available","queues":["q1","q2"]}""", at), at);
        told.Enqueue(($"agent/a{agent}", """agent.state_changed","data":{"state":"break"}""", at + (Shift / 2)), at + (Shift / 2));
    }

    private static void Ticket(PriorityQueue<(string, string, long), long> told, int day, int i, long at)
    {
        string[] life =
        [
            """created","data":{"kind":"complaint","channel":"phone","priority":3}""", """acknowledged","data":{"method":"mail"}""", """classified","data":{"category":"x","priority":3}""",
            """replied","data":{"method":"mail"}""", """progress_replied","data":{"method":"mail"}""", """progress_replied","data":{"method":"mail"}""", """progress_replied","data":{"method":"mail"}""",
            """resolved","data":{"resolution_code":"ok"}""", """closed","data":{"closure_code":"done"}""",
        ];
        for (var step = 0; step < life.Length; step++)
        {
            var then = at + (step * (2 * Day / life.Length)) + (i % 97 * 1_000);
            told.Enqueue(($"ticket/t-{day}-{i}", "ticket." + life[step], then), then);
        }
    }

    private static Event Event(string subject, string type, long at) => EventReader.Read(System.Text.Encoding.UTF8.GetBytes(
        $$"""{"specversion":"1.0","id":"{{++_ids}}","source":"/s","time":"{{DateTimeOffset.FromUnixTimeMilliseconds(at).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)}}","subject":"{{subject}}","departmentid":"d-{{subject.Length % 7}}","type":"{{type}}}""")).Event
        ?? throw new InvalidOperationException(type);
}
