using NodaTime;
using OpsMonitor.Grains.Events;

namespace OpsMonitor.Web.Demo;

/// <summary>
/// A call centre that never was: six departments, three queues, fifteen agents. The same seed and start give the same bytes,
/// on any machine and in however many steps; nothing reads a clock. Not for use by several threads at once.
/// </summary>
public sealed class CallCentre
{
    /// <summary>Both sources say at least this often that they are alive, in seconds.</summary>
    public const int HeartbeatSeconds = 60;

    private readonly Agenda _agenda;
    private readonly EventLog _log;

    /// <param name="calm">no department ever has a bad half hour</param>
    public CallCentre(int seed, Instant start, bool calm = false)
    {
        var dice = new Dice(seed);
        _agenda = new(start.ToUnixTimeMilliseconds());
        _log = new(seed, _agenda);
        var weather = new Weather(_agenda, dice, calm);
        var customers = new Customers(_agenda, dice, weather);
        var floor = new Floor(_agenda, dice, _log);
        var callbacks = new CallbackDesk(_agenda, dice, _log, weather);
        var cases = new CaseDesk(_agenda, dice, _log, weather, customers, callbacks);
        var board = new Switchboard(_agenda, dice, _log, weather, customers, floor) { Handled = cases.Handled, CallBack = cases.CallBack };
        _agenda.In(0, () =>
        {
            floor.Open();
            board.Open();
            cases.Open();
            Beat();
        });
    }

    /// <summary>
    /// The events from where the last call ended up to, not including, <paramref name="to"/>, in time order. Lazy: an enumeration
    /// that stops early is taken up again by the next call.
    /// </summary>
    public IEnumerable<Event> Until(Instant to)
    {
        var end = to.ToUnixTimeMilliseconds();
        do
        {
            while (_log.Pending.TryPeek(out var next) && next.At < end) yield return _log.Pending.Dequeue();
        }
        while (_agenda.RunNext(end));
    }

    private void Beat()
    {
        _log.Heartbeat(EventLog.Pbx);
        _log.Heartbeat(EventLog.Crm);
        _agenda.In(HeartbeatSeconds * 1000, Beat);
    }
}
