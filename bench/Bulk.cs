using System.Globalization;
using OpsMonitor.Web.Demo;

namespace OpsMonitor.Bench;

/// <summary>How often a bulk complaint hidden in a generated day is found, and how often one is raised where none was hidden.</summary>
internal static class Bulk
{
    private static readonly int[] Intensities = [6, 10, 20]; // complaints in 45 minutes

    public static void Run(int days, int seeds)
    {
        Console.WriteLine($"{days} days each, {seeds} seeds; four weeks before them as baseline");
        Console.WriteLine("days    hidden   found  median to alert  most late  other alerts");
        foreach (var calm in (bool[])[true, false])
        {
            var runs = Enumerable.Range(1, seeds).Select(seed => BulkStudy.Run(seed, days, [0, .. Intensities], calm)).ToList();
            foreach (var all in Enumerable.Range(0, Intensities.Length + 1).Select(n => runs.ConvertAll(r => r[n])))
            {
                var complaints = all[0].Complaints;
                var (hidden, found) = (all.Sum(f => f.Hidden), all.Sum(f => f.Found));
                var median = all.Select(f => f.MedianS).Where(s => s is not null).Order().ToList() is { Count: > 0 } s ? TimeSpan.FromSeconds(s[s.Count / 2]!.Value).ToString("c", CultureInfo.InvariantCulture) : "-";
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"{(calm ? "calm" : "stormy"),-7} {complaints,2} x {hidden,3}  {(hidden == 0 ? "-" : $"{100 * found / hidden} %"),5}  {median,15}  {all.Max(f => f.MostLateMs),6} ms  {all.Sum(f => f.Others),3} in {days * seeds} days"));
            }
            // Why six are mostly not found, and what finding them by the plain baseline would cost.
            foreach (var n in (int[])[0, Intensities[0]])
            {
                var plain = Enumerable.Range(1, seeds).Select(seed => BulkStudy.Plain(seed, days, n, calm)).ToList();
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"        {n,2} x {plain.Sum(p => p.Hidden),3}  by the plain mean + 3 sigma of the same hour: {plain.Sum(p => p.Found)} found of {plain.Sum(p => p.Reach)} that reach 5; {plain.Sum(p => p.Others)} other alerts in {days * seeds} days"));
            }
        }
    }
}
