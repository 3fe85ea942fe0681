using System.Globalization;

namespace OpsMonitor.Web.Demo;

/// <summary>One call about to come in: who, about what, to which queue. A repeat call keeps all three.</summary>
internal sealed record Caller(string Ref, Scenario.Department Department, string Category, string Issue, string Product, string Queue);

/// <summary>Who calls, and who calls again.</summary>
internal sealed class Customers(Agenda agenda, Dice dice, Weather weather)
{
    private uint _count;

    public Caller New()
    {
        var department = weather.PickDepartment();
        var (category, issue, product) = dice.Pick(department.Issues);
        var queue = department.Id == "vip-desk" ? "vip" : dice.Chance(0.3) ? "complaints" : "service";
        // An odd factor modulo 2^32 is a permutation: references look opaque and never collide.
        var reference = "c-" + unchecked(++_count * 2654435761u).ToString("x8", CultureInfo.InvariantCulture);
        return new(reference, department, category, issue, product, queue);
    }

    /// <summary>After a call was answered, about one in five calls again within days, at an hour at which people call.</summary>
    public void MaybeAgain(Caller caller, Action<Caller> call)
    {
        if (!dice.Chance(caller.Queue switch { "complaints" => 0.3, "vip" => 0.14, _ => 0.2 })) return;
        var at = agenda.Now;
        for (var tries = 0; tries < 8; tries++)
        {
            at = agenda.Now + 10 * Scenario.Minute + Math.Min(dice.Exponential(30 * Scenario.Hour), 6 * Scenario.Day);
            if (dice.Between(0, Scenario.PeakCallsPerHour) < Scenario.CallsPerHour(at)) break;
        }
        agenda.At(at, () => call(caller));
    }

    /// <summary>After an abandoned call, about a third tries again soon.</summary>
    public void MaybeRetry(Caller caller, Action<Caller> call)
    {
        if (dice.Chance(0.35)) agenda.In(dice.Minutes(1, 15), () => call(caller));
    }
}
