(* The game on a finite space: its value at the best discriminator, and the Jensen-Shannon
   divergence. Laws may have masses of 0 anywhere. *)

From Coq Require Import Reals Lra Lia.
From Theory Require Import Sums Formulas Discriminator.
Open Scope R_scope.

Definition V (n : nat) (p q D : nat -> R) : R := sum n (fun i => value_at (p i) (q i) (D i)).
Definition C (n : nat) (p q : nat -> R) : R := sum n (fun i => best_value_at (p i) (q i)).
Definition KL (n : nat) (p q : nat -> R) : R := sum n (fun i => kl_at (p i) (q i)).
Definition JS (n : nat) (p q : nat -> R) : R := sum n (fun i => js_at (p i) (q i)).
Definition mixture (p q : nat -> R) (i : nat) : R := middle (p i) (q i).

(* A discriminator answers with a probability that is neither 0 nor 1. *)
Definition discriminator (n : nat) (D : nat -> R) : Prop :=
  forall i, (i < n)%nat -> 0 < D i < 1.
(* Where q has no mass p has none: otherwise KL is infinite, which no real number is. *)
Definition absolutely_continuous (n : nat) (p q : nat -> R) : Prop :=
  forall i, (i < n)%nat -> q i = 0 -> p i = 0.

(* The formulas as the proofs below read them. *)

Lemma best_value_reads : forall p q, 0 <= p -> 0 <= q -> 0 < p + q ->
  best_value_at p q = value_at p q (optimum p q).
Proof.
  intros p q np nq some. rewrite value_reads, rest_reads, best_reads by assumption.
  unfold best_value_at. ring.
Qed.

Lemma middle_reads : forall p q, middle p q = (p + q) / 2.
Proof. intros. unfold middle. field. Qed.

Lemma js_reads : forall p q, 0 <= p -> 0 <= q -> 0 < p + q ->
  js_at p q = kl_at p (middle p q) / 2 + kl_at q (middle p q) / 2.
Proof.
  intros p q np nq some. rewrite !middle_reads, !kl_reads by lra. unfold js_at.
  replace (p / 2 + q / 2) with ((p + q) / 2) by field. field; lra.
Qed.

(* A point without any mass adds nothing. *)
Lemma nothing_there : forall D, value_at 0 0 D = 0 /\ best_value_at 0 0 = 0 /\ js_at 0 0 = 0.
Proof. intros. unfold value_at, best_value_at, js_at. repeat split; unfold Rdiv; ring. Qed.

(* A statement about two masses is shown where there is some, and where there is none. *)
Lemma some_or_none : forall p q, 0 <= p -> 0 <= q -> 0 < p + q \/ (p = 0 /\ q = 0).
Proof. intros. destruct (Req_dec (p + q) 0); [right | left]; lra. Qed.

Lemma best_value_is_above : forall p q D, 0 <= p -> 0 <= q -> 0 < D < 1 ->
  value_at p q D <= best_value_at p q /\
  (value_at p q D = best_value_at p q -> 0 < p + q -> D = optimum p q).
Proof.
  intros p q D np nq inside. destruct (some_or_none p q np nq) as [some | [-> ->]].
  2:{ destruct (nothing_there D) as [-> [-> _]]. split; lra. }
  rewrite best_value_reads by assumption.
  destruct np as [pp | <-]; [destruct nq as [pq | <-] |].
  - destruct (best_discriminator p q pp pq) as [_ rest]. specialize (rest D inside). tauto.
  - destruct (best_discriminator_at_the_edge p pp) as [_ [one [below _]]].
    destruct (below D inside). rewrite one. split; lra.
  - assert (pq : 0 < q) by lra.
    destruct (best_discriminator_at_the_edge q pq) as [zero [_ [below _]]].
    destruct (below D inside). rewrite zero. split; lra.
Qed.

(* Claims A-JS-01, A-JS-02: on finite spaces C(G) is what no discriminator exceeds, and what D*
   alone attains. *)
Theorem largest_value : forall n p q D, law n p -> law n q -> discriminator n D ->
  V n p q D <= C n p q /\
  (V n p q D = C n p q <->
   forall i, (i < n)%nat -> 0 < p i + q i -> D i = optimum (p i) (q i)).
Proof.
  intros n p q D [np _] [nq _] inside.
  assert (each : forall i, (i < n)%nat ->
    value_at (p i) (q i) (D i) <= best_value_at (p i) (q i)).
  { intros i small. apply best_value_is_above; auto. }
  split; [| split].
  - now apply sum_below.
  - intros equal i small some.
    pose proof (sum_below_equal n _ _ each equal i small) as here.
    apply (best_value_is_above (p i) (q i) (D i)); auto.
  - intros equal. apply sum_same. intros i small.
    destruct (some_or_none (p i) (q i)) as [some | [none none']]; auto.
    + rewrite (equal i small some), best_value_reads by auto. reflexivity.
    + rewrite none, none'. destruct (nothing_there (D i)) as [-> [-> _]]. reflexivity.
Qed.

(* Claims A-JS-01, A-JS-02: on finite spaces, masses of 0 included, C(G) is the least upper bound
   of V over all discriminators. *)
Theorem least_upper_bound : forall n p q, law n p -> law n q ->
  is_lub (fun v => exists D, discriminator n D /\ v = V n p q D) (C n p q).
Proof.
  intros n p q lp lq. split.
  - intros v [D [inside ->]]. now apply largest_value.
  - intros bound above. destruct lp as [np _], lq as [nq _].
    apply le_epsilon. intros small ps.
    (* D* where both have mass, and near 0 or 1 where one has none *)
    pose (each := small / (INR n + 1)).
    assert (count : 0 < INR n + 1) by (pose proof (pos_INR n); lra).
    assert (pe : 0 < each) by (apply quotient_positive; lra).
    assert (near : forall i, (i < n)%nat ->
      exists d, 0 < d < 1 /\ best_value_at (p i) (q i) - each <= value_at (p i) (q i) d).
    { intros i here. pose proof (np i here) as npi. pose proof (nq i here) as nqi.
      destruct (some_or_none _ _ npi nqi) as [some | [-> ->]].
      2:{ exists (1 / 2). destruct (nothing_there (1 / 2)) as [-> [-> _]]. lra. }
      rewrite best_value_reads by assumption.
      destruct npi as [pp | zp]; [destruct nqi as [pq | zq] |].
      - exists (optimum (p i) (q i)). pose proof (best_inside _ _ pp pq). lra.
      - destruct (best_discriminator_at_the_edge _ pp) as [_ [one [_ reach]]].
        destruct (reach each pe) as [d [inside [_ second]]].
        exists (1 - d). rewrite <- zq, one. lra.
      - assert (pq : 0 < q i) by (rewrite <- zp in some; lra).
        destruct (best_discriminator_at_the_edge _ pq) as [zero [_ [_ reach]]].
        destruct (reach each pe) as [d [inside [first _]]].
        exists d. rewrite <- zp, zero. lra. }
    assert (chosen : forall k, (k <= n)%nat -> exists D, discriminator k D /\
      C k p q - INR k * each <= V k p q D).
    { induction k as [| k IH]; intros small_k.
      - exists (fun _ => 1 / 2). unfold C, V, discriminator. simpl. split; [lia | lra].
      - destruct IH as [D [inside under]]; [lia |].
        destruct (near k) as [d [d_inside d_under]]; [lia |].
        exists (fun i => if Nat.eq_dec i k then d else D i). split.
        + intros i here. destruct (Nat.eq_dec i k); [assumption | apply inside; lia].
        + unfold C, V in *. rewrite S_INR. simpl.
          destruct (Nat.eq_dec k k) as [_ | wrong]; [| congruence].
          assert (rest : sum k (fun i => value_at (p i) (q i) (D i)) =
            sum k (fun i => value_at (p i) (q i) (if Nat.eq_dec i k then d else D i))).
          { apply sum_same. intros i here. destruct (Nat.eq_dec i k); [lia | reflexivity]. }
          lra. }
    destruct (chosen n (le_n n)) as [D [inside under]].
    assert (V n p q D <= bound) by (apply above; now exists D).
    assert (INR n * each <= small).
    { unfold each. apply (Rmult_le_reg_r (INR n + 1)); [assumption |].
      replace (INR n * (small / (INR n + 1)) * (INR n + 1)) with (INR n * small)
        by (field; lra). lra. }
    lra.
Qed.

(* Claims A-JS-03, A-JS-05: Gibbs' inequality on finite spaces, with its case of equality. *)
Theorem gibbs : forall n p q, law n p -> law n q -> absolutely_continuous n p q ->
  0 <= KL n p q /\ (KL n p q = 0 <-> same n p q).
Proof.
  intros n p q [np wp] [nq wq] continuous.
  assert (each : forall i, (i < n)%nat -> p i - q i <= kl_at (p i) (q i)).
  { intros i here. destruct (Req_dec (q i) 0) as [zero | other].
    - rewrite (continuous i here zero), kl_weightless. lra.
    - rewrite kl_reads by assumption. apply relative_entropy_term; auto.
      pose proof (nq i here). lra. }
  assert (nothing : sum n (fun i => p i - q i) = 0) by (rewrite sum_subtract; lra).
  split; [| split].
  - rewrite <- nothing. now apply sum_below.
  - intros zero i here.
    assert (equal : p i - q i = kl_at (p i) (q i)).
    { apply (sum_below_equal n (fun i => p i - q i) (fun i => kl_at (p i) (q i))); auto.
      unfold KL in zero. lra. }
    destruct (Req_dec (q i) 0) as [none | other].
    + now rewrite none, (continuous i here none).
    + rewrite kl_reads in equal by assumption. apply relative_entropy_term_equal; auto.
      pose proof (nq i here). lra.
  - intros equal. rewrite <- nothing. apply sum_same. intros i here. rewrite (equal i here).
    destruct (Req_dec (q i) 0) as [-> | other].
    + rewrite kl_weightless. ring.
    + rewrite kl_reads by assumption. unfold Rdiv. rewrite Rinv_r, ln_1 by assumption. ring.
Qed.

Lemma mixture_is_law : forall n p q, law n p -> law n q -> law n (mixture p q).
Proof.
  intros n p q [np wp] [nq wq]. split.
  - intros i here. unfold mixture. rewrite middle_reads.
    pose proof (np i here). pose proof (nq i here). lra.
  - rewrite (sum_same n _ (fun i => / 2 * (p i + q i))).
    + rewrite sum_scale, sum_add, wp, wq. field.
    + intros i _. unfold mixture; rewrite ?middle_reads. field.
Qed.

Lemma below_mixture : forall n p q, law n p -> law n q ->
  absolutely_continuous n p (mixture p q) /\ absolutely_continuous n q (mixture p q).
Proof.
  intros n p q [np _] [nq _]. split; intros i here; unfold mixture; rewrite ?middle_reads;
    pose proof (np i here); pose proof (nq i here); lra.
Qed.

(* Claims A-JS-01, A-JS-02: what JS is made of, on finite spaces. *)
Theorem js_is_two_entropies : forall n p q, law n p -> law n q ->
  JS n p q = KL n p (mixture p q) / 2 + KL n q (mixture p q) / 2.
Proof.
  intros n p q [np _] [nq _]. unfold Rdiv.
  rewrite !(Rmult_comm _ (/ 2)). unfold JS, KL. rewrite <- !sum_scale, <- sum_add.
  apply sum_same. intros i here. unfold mixture.
  destruct (some_or_none (p i) (q i)) as [some | [-> ->]]; auto.
  - rewrite js_reads by auto. field.
  - destruct (nothing_there 0) as [_ [_ ->]]. rewrite kl_weightless. ring.
Qed.

Lemma best_value_in_js : forall p q, 0 <= p -> 0 <= q ->
  best_value_at p q = 2 * js_at p q - ln 2 * (p + q).
Proof.
  intros p q np nq. destruct (some_or_none p q np nq) as [some | [-> ->]].
  2:{ destruct (nothing_there 0) as [_ [-> ->]]. ring. }
  rewrite best_value_reads, js_reads, value_reads, rest_reads, best_reads by assumption.
  rewrite !middle_reads.
  rewrite !kl_reads by lra.
  assert (half : forall x, 0 <= x -> x <= p + q ->
    x * ln (x / (p + q)) = x * ln (x / ((p + q) / 2)) - x * ln 2).
  { intros x [px | <-] _; [| ring].
    rewrite !ln_quotient by lra. ring. }
  rewrite !half by lra. field.
Qed.

(* Claim A-JS-02: the decomposition on finite spaces, masses of 0 included. *)
Theorem js_decomposition : forall n p q, law n p -> law n q ->
  C n p q = 2 * JS n p q - ln 4.
Proof.
  intros n p q [np wp] [nq wq].
  replace (ln 4) with (ln 2 * sum n (fun i => p i + q i))
    by (rewrite sum_add, wp, wq, ln_four; ring).
  unfold C, JS. rewrite <- !sum_scale, <- sum_subtract.
  apply sum_same. intros i here. apply best_value_in_js; auto.
Qed.

(* Claims A-JS-03, A-JS-05: the global minimum of C(G) on finite spaces, and where it is. *)
Theorem global_minimum : forall n p q, law n p -> law n q ->
  - ln 4 <= C n p q /\ (C n p q = - ln 4 <-> same n p q).
Proof.
  intros n p q lp lq. rewrite js_decomposition, js_is_two_entropies by assumption.
  pose proof (mixture_is_law n p q lp lq) as lm.
  destruct (below_mixture n p q lp lq) as [cp cq].
  destruct (gibbs n p _ lp lm cp) as [positive_p only_p].
  destruct (gibbs n q _ lq lm cq) as [positive_q only_q].
  split; [lra | split].
  - intros equal i here.
    assert (zero : KL n p (mixture p q) = 0) by lra.
    pose proof (proj1 only_p zero i here) as halfway.
    unfold mixture in halfway. rewrite middle_reads in halfway. lra.
  - intros equal. rewrite (proj2 only_p), (proj2 only_q); [field | |];
      intros i here; unfold mixture; rewrite middle_reads, (equal i here); field.
Qed.

(* Claim A-JS-04: JS lies between 0 and log 2, and so C between -log 4 and 0, on finite spaces. *)
Theorem js_bounds : forall n p q, law n p -> law n q ->
  0 <= JS n p q <= ln 2 /\ - ln 4 <= C n p q <= 0.
Proof.
  intros n p q lp lq.
  assert (upper : C n p q <= 0).
  { destruct lp as [np _], lq as [nq _]. unfold C.
    rewrite <- (Rmult_0_l (sum n (fun _ => 0))), <- sum_scale.
    apply sum_below. intros i here. rewrite Rmult_0_l.
    pose proof (np i here) as npi. pose proof (nq i here) as nqi.
    destruct (some_or_none _ _ npi nqi) as [some | [-> ->]].
    2:{ destruct (nothing_there 0) as [_ [-> _]]. lra. }
    rewrite best_value_reads, value_reads, rest_reads, best_reads by assumption.
    assert (share : forall x, 0 <= x -> x <= p i + q i -> x * ln (x / (p i + q i)) <= 0).
    { intros x [px | <-] less; [| lra].
      pose proof (ln_below_tangent _ (quotient_positive x (p i + q i) px some)) as tangent.
      apply (Rmult_le_compat_l x) in tangent; [| lra].
      assert (x / (p i + q i) <= 1).
      { apply (Rmult_le_reg_r (p i + q i)); [assumption |].
        replace (x / (p i + q i) * (p i + q i)) with x by (field; lra). lra. }
      assert (x * (x / (p i + q i) - 1) <= x * 0) by (apply Rmult_le_compat_l; lra).
      lra. }
    pose proof (share (p i)). pose proof (share (q i)). lra. }
  destruct (global_minimum n p q lp lq) as [lower _].
  rewrite (js_decomposition n p q lp lq) in *. rewrite ln_four in *. lra.
Qed.
